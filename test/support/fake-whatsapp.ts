import { createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { ChannelAccess } from "#shared/platforms/adapter";
import { type Answer, type BackendRequest, startFakeBackend } from "./fake-backend.ts";
import type { FakePlatform, PlatformCallMade } from "./platform-case.ts";
import { type Fields, type GraphError, graphErrors, invalid } from "./whatsapp-errors.ts";
import { isWamid, messageProblem, statusCall } from "./whatsapp-messages.ts";

/** A Graph API on 127.0.0.1 with one app, one account and one number: strict in what it takes. */
export interface FakeWhatsApp extends FakePlatform {
  /** Messages of ours by what WhatsApp calls them. */
  readonly sent: { readonly id: string; readonly params: Fields }[];
  /** Where Meta sends what happens to the number, at its three levels. */
  readonly hooks: NumberHooks;
  /** Another number of the account: where Meta sends what happens to it. */
  addNumber(id: string): NumberHooks;
  /** Of the app. */
  secret: string;
  /** Apps that hear of the account. */
  readonly subscribed: string[];
  /** What the app hears. */
  appHooks: { object: string; callback_url: string; active: boolean; fields: { name: string }[] }[];
  /** The numbers of the account. */
  readonly numbers: string[];
  /** Whether there are more of them on another page. */
  numbersGoOn: boolean;
  /** As which it was verified. */
  name: string | undefined;
  /** What each call asked for, query and all. */
  readonly paths: string[];
  /** What Meta says of the token. */
  token: Fields;
  /** Files by id. */
  readonly media: Map<
    string,
    { bytes: Uint8Array; type: string; url?: string; file_size?: number }
  >;
  /** Who has not written for 24 hours. */
  readonly silent: Set<unknown>;
  /** Asks a hook whether it is ours, as Meta does when it is set. */
  shake: (url: string, verify_token: string) => Promise<boolean>;
  /** The call that tells what became of a message of ours, as `sent` has it. */
  tells(id: string, status: string, error?: GraphError): object;
  /** Gives the next call of this path, without ids, that error. */
  refuse(name: string, error: GraphError): void;
}

/** The address of a number, of its account and of the app. */
type NumberHooks = Partial<
  Record<"phone_number" | "whatsapp_business_account" | "application", string>
>;

export const appId = "670843887433847";

/** Starts it for an app with these credentials, on a free port unless told. */
export async function startFakeWhatsApp(
  {
    credentials: { access_token, app_secret, phone_number_id, waba_id },
  }: Pick<ChannelAccess<"whatsapp">, "credentials">,
  at = 0,
): Promise<FakeWhatsApp> {
  const backend = await startFakeBackend(undefined, at);
  const others = new Map<string, NumberHooks>();
  const hooksOf = (path: string) => others.get(path.split("/")[0] ?? "") ?? fake.hooks;
  const refusals: { name: string; error: GraphError }[] = [];
  const misbehaviour: Answer[] = [];
  const calls: PlatformCallMade[] = [];
  const fake: FakeWhatsApp = {
    url: `${backend.url}/v25.0`,
    calls,
    mistakes: [],
    sent: [],
    hooks: {},
    secret: app_secret,
    addNumber: (id) => {
      const hooks: NumberHooks = {};
      others.set(id, hooks);
      fake.numbers.push(id);
      return hooks;
    },
    subscribed: [],
    appHooks: [
      {
        object: "whatsapp_business_account",
        callback_url: "",
        active: true,
        fields: [{ name: "messages" }],
      },
    ],
    numbers: [phone_number_id],
    numbersGoOn: false,
    name: "Lucky Shrub",
    paths: [],
    token: {
      app_id: appId,
      is_valid: true,
      expires_at: 0,
      scopes: ["whatsapp_business_management", "whatsapp_business_messaging", "public_profile"],
    },
    media: new Map(),
    silent: new Set(),
    shake: async (url, verify_token) => url.startsWith("https://") && verify_token !== "",
    tells: (id, status, error) =>
      statusCall(
        fake.sent.find((one) => one.id === id),
        status,
        error,
      ),
    refuse: (name, error) => void refusals.push({ name, error }),
    misbehave: (answer) => void misbehaviour.push(answer),
    close: () => backend.close(),
  };

  backend.answer(async (request, response, alive) => {
    const bad = misbehaviour.shift();
    if (bad) return bad(request, response, alive);
    const { pathname, searchParams } = new URL(request.path, backend.url);
    if (pathname.startsWith("/files/")) {
      sendFile(request, response, pathname.slice(7));
      return;
    }
    const path = pathname.replace("/v25.0/", "");
    const name = `${request.method} ${nameOf(path)}`;
    const { appsecret_proof: given, ...query } = Object.fromEntries(searchParams);
    const params = { ...query, ...bodyOf(request) };
    const refusal = refusals.findIndex((one) => one.name === name);
    const [planned] = refusal < 0 ? [] : refusals.splice(refusal, 1);
    const done =
      planned?.error ?? denied(request, path, params, given) ?? (await perform(name, path, params));
    calls.push({ name, params });
    fake.paths.push(request.path);
    if (isError(done)) sendError(response, done);
    else send(response, 200, done);
  });

  /** The path without the ids that are ours. */
  const nameOf = (path: string) =>
    [phone_number_id, ...others.keys()]
      .reduce((name, id) => name.replace(id, "number"), path)
      .replace(waba_id, "account")
      .replace(appId, "id")
      .replace(/^\d+$/, "media");

  /** What Meta would say of who calls; what only we hold ourselves to is written down as a mistake. */
  function denied(
    { method, headers, body }: BackendRequest,
    path: string,
    params: Fields,
    given: string | undefined,
  ) {
    const isOfApp = path === "debug_token" || path.endsWith("/subscriptions");
    const token = isOfApp ? `${appId}|${fake.secret}` : access_token;
    if (method !== "GET" && headers["content-type"] !== "application/json" && body !== "") {
      fake.mistakes.push(`${path} is called without JSON`);
    }
    const told = isOfApp ? JSON.stringify({ ...params, input_token: "" }) : JSON.stringify(params);
    if (told.includes(access_token) || told.includes(fake.secret)) {
      fake.mistakes.push(`${path} has a secret outside of its header`);
    }
    if (headers.authorization !== `Bearer ${token}`) return graphErrors.badToken;
    const proof = createHmac("sha256", fake.secret).update(access_token).digest("hex");
    return !isOfApp && given !== proof ? graphErrors.badProof : undefined;
  }

  async function perform(name: string, path: string, params: Fields): Promise<Fields | GraphError> {
    switch (name) {
      case "GET number":
        return numberOf(path, String(params["fields"]).split(","));
      case "POST number":
        return setHook(hooksOf(path), Object(params["webhook_configuration"]));
      case "POST number/messages":
        return "typing_indicator" in params ? showTyping(params) : takeMessage(params);
      case "GET app":
        return { category: "Business", name: "Our app", id: appId };
      case "GET account/subscribed_apps":
        return {
          data: fake.subscribed.map((id) => ({
            whatsapp_business_api_data: { id, name: "An app", link: "https://a.example" },
          })),
        };
      case "POST account/subscribed_apps":
        delete fake.hooks.whatsapp_business_account;
        if (!fake.subscribed.includes(appId)) fake.subscribed.push(appId);
        return { success: true };
      case "GET account/phone_numbers":
        return {
          data: fake.numbers.map((id) => ({ id })),
          paging: fake.numbersGoOn ? { next: `${fake.url}/more` } : { cursors: {} },
        };
      case "GET debug_token":
        return { data: params["input_token"] === access_token ? fake.token : { is_valid: false } };
      case "GET id/subscriptions":
        return { data: fake.appHooks };
      case "POST id/subscriptions":
        return setAppHook(params);
      case "GET media":
        return mediaOf(path);
      default:
        return graphErrors.missing(path);
    }
  }

  function numberOf(path: string, fields: readonly string[]): Fields {
    const known: Fields = {
      display_phone_number: "+1 555-078-3881",
      verified_name: fake.name,
      quality_rating: "GREEN",
      webhook_configuration: { ...hooksOf(path) },
    };
    return {
      ...Object.fromEntries(fields.map((field) => [field, known[field]])),
      id: path,
    };
  }

  async function setHook(hooks: NumberHooks, { override_callback_uri: url, verify_token }: Fields) {
    if (typeof url !== "string" || url.length > 200) return invalid("override_callback_uri");
    if (url === "") delete hooks.phone_number;
    else if (await fake.shake(url, String(verify_token))) hooks.phone_number = url;
    else return graphErrors.unverified;
    return { success: true };
  }

  async function setAppHook({ object, callback_url, verify_token, fields }: Fields) {
    if (!(await fake.shake(String(callback_url), String(verify_token)))) {
      return graphErrors.unverified;
    }
    fake.appHooks = fake.appHooks.filter((one) => one.object !== object);
    const names = String(fields).split(",");
    fake.appHooks.push({
      object: String(object),
      callback_url: String(callback_url),
      active: true,
      fields: names.map((name) => ({ name })),
    });
    fake.hooks.application = String(callback_url);
    return { success: true };
  }

  function takeMessage(params: Fields): Fields | GraphError {
    const problem = messageProblem(params, fake.mistakes);
    if (problem) return problem;
    const { messaging_product, to, recipient } = params;
    if (fake.silent.has(to ?? recipient)) return graphErrors.windowClosed;
    const id = `wamid.${fake.sent.length + 1}`;
    fake.sent.push({ id, params });
    return {
      messaging_product,
      contacts: [{ input: to ?? recipient, wa_id: to }],
      messages: [{ id }],
    };
  }

  function showTyping({ messaging_product, status, message_id, typing_indicator }: Fields) {
    if (messaging_product !== "whatsapp" || status !== "read") return invalid("status");
    if (Object(typing_indicator)["type"] !== "text") return invalid("typing_indicator");
    return isWamid(message_id) ? { success: true } : invalid("message_id");
  }

  function mediaOf(id: string): Fields | GraphError {
    const file = fake.media.get(id);
    if (!file) return graphErrors.missing(id);
    const { type, bytes, url = `${backend.url}/files/${id}`, file_size = bytes.length } = file;
    return { messaging_product: "whatsapp", url, mime_type: type, sha256: "", file_size, id };
  }

  function sendFile({ headers }: BackendRequest, response: ServerResponse, id: string) {
    const file = fake.media.get(id);
    const isOurs = headers.authorization === `Bearer ${access_token}`;
    if (!file || !isOurs || !headers["user-agent"]) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": "binary/octet-stream" }).end(file.bytes);
  }

  return fake;
}

const isError = (done: Fields | GraphError): done is GraphError =>
  "code" in done || "status" in done;

// What stands in a body is looked at where it is used.
const bodyOf = ({ body }: BackendRequest): Fields => JSON.parse(body || "{}") as Fields;

function sendError(response: ServerResponse, { status = 400, headers = {}, ...error }: GraphError) {
  const shown = { type: "OAuthException", ...error, fbtrace_id: "AbCdEfGhIjKlMnOp" };
  send(response, status, error["code"] === undefined ? {} : { error: shown }, headers);
}

function send(response: ServerResponse, status: number, value: unknown, headers = {}) {
  response.writeHead(status, { "content-type": "application/json; charset=UTF-8", ...headers });
  response.end(JSON.stringify(value));
}

/** A call as Meta makes it to a hook. */
export function whatsAppCall(body: string, secret: string) {
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  return {
    headers: { "content-type": "application/json", "x-hub-signature-256": `sha256=${signature}` },
    body: Buffer.from(body),
  };
}
