import { retryAfterMs } from "../../outbound/retry-after.ts";
import { fieldsOf, textIn } from "../../schema/json-fields.ts";
import { type PlatformAnswer, shownWords } from "../call-platform.ts";
import type { Failure, FailureClass } from "../failure.ts";

/** Why Telegram did not do it, and what would make the same call succeed, where it says so. */
export interface TelegramFailure extends Failure {
  readonly mend?: { readonly chat_id: number } | "without_thread" | "without_quote";
}

/** Tells what an answer of the Bot API that is no success means. The code in its body counts more than its status. */
export function classify(
  method: string,
  { status, headers, fields }: PlatformAnswer,
  { secrets, now }: { readonly secrets: readonly string[]; readonly now: number },
): TelegramFailure {
  const said = textIn(fields["description"]) ?? "";
  const code = numberIn(fields["error_code"]) ?? status;
  const { migrate_to_chat_id, retry_after } = fieldsOf(fields["parameters"]);
  const failureClass = classOf(method, code, said);
  const pause = numberIn(retry_after);
  const retry_after_ms =
    pause === undefined ? retryAfterMs(headers["retry-after"], now) : pause * 1_000;
  const mend = mendOf(code, said, numberIn(migrate_to_chat_id));
  const words = shownWords(said, secrets);
  return {
    class: failureClass,
    code: String(code),
    message: words === "" ? `Telegram answered with status ${status}.` : `Telegram: ${words}`,
    ...(failureClass === "retry" && retry_after_ms !== undefined && { retry_after_ms }),
    ...(failureClass === "disconnected" && { field: "bot_token" }),
    ...(mend && { mend }),
  };
}

function classOf(method: string, code: number, said: string): FailureClass {
  if (code === 401 || (code === 404 && method === "getMe")) return "disconnected";
  // It was sent, and somebody there deletes what bots write.
  if (/immediately deleted/.test(said)) return "recipient";
  if (code === 429 || code >= 500 || code < 400) return "retry";
  // Behind it stands also that too much is fetched, which passes (https://github.com/tdlib/telegram-bot-api/issues/32).
  if (/temporarily unavailable/.test(said)) return "retry";
  if (code === 409) return "configuration";
  // The hook that it refuses is ours: our own address cannot be called from outside.
  if (method === "setWebhook" && code === 400) return "configuration";
  // Text may be allowed where pictures or files are not.
  if (isOfFiles(method) && /not enough rights to send/i.test(said)) return "refused";
  if (code === 403) return "recipient";
  return code === 400 && noWayThere.test(said) ? "recipient" : "refused";
}

const isOfFiles = (method: string) => /^send(Photo|Document|Audio|Video|Voice)$/.test(method);

const noWayThere =
  /chat not found|PEER_ID_INVALID|(have no|not enough) rights to send|TOPIC_CLOSED|CHAT_(WRITE_FORBIDDEN|RESTRICTED)/i;

function mendOf(code: number, said: string, movedTo: number | undefined): TelegramFailure["mend"] {
  if (code !== 400) return undefined;
  if (movedTo !== undefined) return { chat_id: movedTo };
  if (/message thread not found|TOPIC_DELETED/i.test(said)) return "without_thread";
  return /message to (be replied|reply) not found/i.test(said) ? "without_quote" : undefined;
}

const numberIn = (value: unknown) =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;
