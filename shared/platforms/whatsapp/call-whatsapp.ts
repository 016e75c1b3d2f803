import { createHmac } from "node:crypto";
import { retryAfterMs } from "../../outbound/retry-after.ts";
import { type Fields, fieldsOf } from "../../schema/json-fields.ts";
import type { AdapterDeps } from "../adapter.ts";
import { callPlatform } from "../call-platform.ts";
import { type CredentialsOf, platforms } from "../catalogue.ts";
import { deadCredential, type Refusal } from "../failure.ts";
import { failureIn, notThere } from "./classify.ts";

/** What acts for a number: a token, the ids of the number and its account, and the secret that proves Meta's calls. */
export type WhatsAppCredentials = CredentialsOf<"whatsapp">;

/** One call to the Graph API. */
interface GraphCall {
  readonly method: "GET" | "POST";
  /** Without a slash at its start; its parts are ours, or were checked. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Acts for the app itself, whose id this is. */
  readonly as_app?: string | undefined;
  /** What must not be shown beside the credentials. */
  readonly secret?: string;
}

/** Calls the Graph API. The credentials are checked first, so that they can stand in a header and in a path. */
export async function callWhatsApp(
  deps: AdapterDeps,
  credentials: WhatsAppCredentials,
  { method, path, query, json, as_app, secret = "" }: GraphCall,
): Promise<{ readonly ok: true; readonly fields: Fields } | Refusal> {
  const odd = names.find((name) => !forms[name].of.test(credentials[name]));
  if (odd) return wrongField(odd);
  const { access_token, app_secret } = credentials;
  // It shows a wrong secret at once, which else would be seen only when the first message is refused.
  const appsecret_proof = createHmac("sha256", app_secret).update(access_token).digest("hex");
  const params = new URLSearchParams({
    ...query,
    ...(as_app === undefined && { appsecret_proof }),
  });
  const token = as_app === undefined ? access_token : `${as_app}|${app_secret}`;
  const called = await callPlatform(deps, {
    method,
    url: `${deps.base_url}/${path}?${params.toString()}`,
    headers: { authorization: `Bearer ${token}` },
    json,
  });
  if (!called.ok) return called;
  const { status, headers, fields } = called.answer;
  const isAnswer = Object.keys(fields).length > 0 && fields["error"] === undefined;
  if (status >= 200 && status < 300 && isAnswer) return { ok: true, fields };
  const secrets = [...names.map((name) => credentials[name]), appsecret_proof, secret];
  const retry_after_ms = retryAfterMs(headers["retry-after"], deps.clock());
  const failure = failureIn(fieldsOf(fields["error"]), status, { secrets, retry_after_ms });
  const lost = ids.find((id) => failure.code === notThere && path.startsWith(credentials[id]));
  return lost ? wrongField(lost) : { ok: false, ...failure };
}

const names = platforms.whatsapp.credentials;
const ids = ["phone_number_id", "waba_id"] as const;

/** That one of the credentials is not what it should be. */
export const wrongField = (field: keyof WhatsAppCredentials): Refusal =>
  deadCredential(field, `no_${field}`, forms[field].message);

const number = /^\d{5,30}$/;

const forms = {
  access_token: {
    of: /^[!-~]{20,1000}$/,
    message: "This is no token: one of a system user begins with EAA.",
  },
  phone_number_id: {
    of: number,
    message:
      "The token reaches no number with this ID. It stands under WhatsApp, API Setup, and is not the number itself; and the system user needs full control of the account.",
  },
  waba_id: {
    of: number,
    message:
      "This is not the account of the number: its WhatsApp Business Account ID stands under WhatsApp, API Setup.",
  },
  app_secret: {
    of: /^[!-~]{8,200}$/,
    message: "This is no app secret: it stands under App settings, Basic.",
  },
} as const;
