import { version } from "../../runtime/version.ts";
import type { AdapterDeps } from "../adapter.ts";
import { callPlatform, type PlatformAnswer } from "../call-platform.ts";
import type { CredentialsOf } from "../catalogue.ts";
import { deadCredential, type Refusal } from "../failure.ts";
import { classify, type DiscordFailure } from "./classify.ts";
import { noteLimits, pauseBefore } from "./rate-limits.ts";

/** What acts for an application: the token of its bot, and what it is known by. */
export type DiscordCredentials = CredentialsOf<"discord">;

/** Calls without a name in this form are stopped before they reach Discord. */
export const userAgent = { "user-agent": `DiscordBot (chatbot-platform, ${version})` };

/** One call. */
export interface DiscordCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /** The command that it answers: then its token stands in the path, and no other goes with it. */
  readonly command_token?: string;
  /** The channel that it is for. */
  readonly channel_id?: string;
  readonly json?: unknown;
  /** In place of JSON. */
  readonly form?: { readonly body: Uint8Array; readonly headers: Readonly<Record<string, string>> };
}

/** Calls Discord, unless an earlier answer said that it will not take the call now. */
export async function callDiscord(
  deps: AdapterDeps,
  { bot_token, application_id }: DiscordCredentials,
  { method, path, command_token, channel_id, json, form }: DiscordCall,
): Promise<
  | ({ readonly ok: true } & Pick<PlatformAnswer, "json" | "fields">)
  | ({ readonly ok: false } & DiscordFailure)
> {
  const isOfBot = command_token === undefined;
  if (isOfBot && !/^[\w.-]{1,500}$/.test(bot_token)) return noToken;
  const counted_for = command_token ?? channel_id ?? "";
  const counted = {
    account: `${deps.base_url} ${application_id}`,
    route: `${method} ${path.replace(counted_for, "")}`,
    counted_for,
    is_of_bot: isOfBot,
  };
  const pause = pauseBefore(counted, deps.clock());
  if (pause > 0) return busy(pause);
  const called = await callPlatform(deps, {
    method,
    url: deps.base_url + path,
    headers: {
      ...userAgent,
      ...(isOfBot && { authorization: `Bot ${bot_token}` }),
      ...form?.headers,
    },
    ...(form ? { body: form.body } : { json }),
  });
  if (!called.ok) return called;
  const { answer } = called;
  const { status, json: said } = answer;
  noteLimits(counted, answer, deps.clock());
  // A page with status 200 is not the answer of Discord.
  const isAnswer = status === 204 || (status >= 200 && status < 300 && said !== undefined);
  if (isAnswer) return { ok: true, ...answer };
  const secrets = [bot_token, command_token ?? ""];
  return { ok: false, ...classify(isOfBot ? "bot" : "command", answer, secrets) };
}

const noToken = deadCredential(
  "bot_token",
  "no_token",
  "This is no token of a Discord bot: it stands under Bot in the developer portal.",
);

const busy = (retry_after_ms: number): Refusal => ({
  ok: false,
  class: "retry",
  code: "rate_limited",
  message: "Discord wants no more calls of this kind now.",
  retry_after_ms,
});
