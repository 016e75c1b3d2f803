import type { ApiMethods } from "@grammyjs/types";
import { fieldsOf, textIn } from "../../schema/json-fields.ts";
import type { AdapterDeps } from "../adapter.ts";
import { callPlatform } from "../call-platform.ts";
import type { CredentialsOf } from "../catalogue.ts";
import { deadCredential } from "../failure.ts";
import { classify, type TelegramFailure } from "./classify.ts";

/** What acts for a bot: its token, which stands in the path of every call. */
export type TelegramCredentials = CredentialsOf<"telegram">;

type Methods = ApiMethods<string>;

/** Calls a method of the Bot API; `result` is unread. The token is checked first, so that it is never another path. */
export async function callTelegram<M extends keyof Methods>(
  deps: AdapterDeps,
  { bot_token }: TelegramCredentials,
  method: M,
  params: Parameters<Methods[M]>[0],
): Promise<
  { readonly ok: true; readonly result: unknown } | ({ readonly ok: false } & TelegramFailure)
> {
  if (!isToken(bot_token)) return noToken;
  const called = await callPlatform(deps, {
    method: "POST",
    url: `${deps.base_url}/bot${bot_token}/${method}`,
    json: params ?? {},
  });
  if (!called.ok) return called;
  const { fields } = called.answer;
  if (fields["ok"] === true) return { ok: true, result: fields["result"] };
  const { secret_token } = fieldsOf(params);
  const secrets = [...secretsOf(bot_token), textIn(secret_token) ?? ""];
  return { ok: false, ...classify(method, called.answer, { secrets, now: deps.clock() }) };
}

/** The bot's own id, with which its token begins. */
export const botIdOf = ({ bot_token }: TelegramCredentials) => bot_token.split(":")[0] ?? "";

/** What of a token must not be shown: all of it, and what follows the bot's id. */
export const secretsOf = (token: string): readonly string[] => [
  token,
  ...token.split(":").slice(1),
];

const isToken = (text: string) => /^\d{1,20}:[\w-]{1,200}$/.test(text);

const noToken = deadCredential(
  "bot_token",
  "no_token",
  "This is no token of a Telegram bot: @BotFather gives one like 123456:ABC-def.",
);
