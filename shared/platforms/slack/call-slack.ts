import type { Fields } from "../../schema/json-fields.ts";
import type { AdapterDeps } from "../adapter.ts";
import { callPlatform } from "../call-platform.ts";
import type { CredentialsOf } from "../catalogue.ts";
import { deadCredential } from "../failure.ts";
import { classify, type SlackFailure } from "./classify.ts";

/** What acts for an app: the token of its bot, and the secret that proves its calls. */
export type SlackCredentials = CredentialsOf<"slack">;

/** Methods that read no JSON, whatever their reference says. */
const byForm = new Set(["users.info", "files.getUploadURLExternal"]);

/** Calls a method of the Web API. The token is checked first, so that it can stand in a header. */
export async function callSlack(
  deps: AdapterDeps,
  { bot_token, signing_secret }: SlackCredentials,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<
  | {
      readonly ok: true;
      readonly fields: Fields;
      readonly headers: Readonly<Record<string, string>>;
    }
  | ({ readonly ok: false } & SlackFailure)
> {
  if (bot_token.startsWith("xoxe")) return rotatingToken;
  if (!/^xoxb-[\w-]{1,500}$/.test(bot_token)) return noToken;
  const form = byForm.has(method);
  const called = await callPlatform(deps, {
    method: "POST",
    url: `${deps.base_url}/${method}`,
    headers: {
      authorization: `Bearer ${bot_token}`,
      "content-type": form
        ? "application/x-www-form-urlencoded"
        : "application/json; charset=utf-8",
    },
    ...(form ? { body: formOf(params) } : { json: params }),
  });
  if (!called.ok) return called;
  const { fields, headers } = called.answer;
  if (fields["ok"] === true && called.answer.status < 300) return { ok: true, fields, headers };
  const secrets = [bot_token, signing_secret];
  return { ok: false, ...classify(method, called.answer, { secrets, now: deps.clock() }) };
}

const formOf = (params: Readonly<Record<string, unknown>>) =>
  new URLSearchParams(
    Object.entries(params).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();

const noToken = deadCredential(
  "bot_token",
  "no_token",
  "This is no bot token of a Slack app: it begins with xoxb- and stands under OAuth & Permissions.",
);

const rotatingToken = deadCredential(
  "bot_token",
  "rotating_token",
  "This token lasts for twelve hours only. Make an app without token rotation: it cannot be turned off again.",
);
