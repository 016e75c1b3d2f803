import { retryAfterMs } from "../../outbound/retry-after.ts";
import { entriesOf, fieldsOf, textIn, wordsIn } from "../../schema/json-fields.ts";
import { type PlatformAnswer, shownWords } from "../call-platform.ts";
import { classesOf, type Failure, type FailureClass } from "../failure.ts";

/** Why Slack did not do it, and what would make the same call succeed, where it says so. */
export interface SlackFailure extends Failure {
  readonly mend?: "without_thread";
}

/** Tells what an answer of the Web API that is no success means. Its errors come with status 200. */
export function classify(
  method: string,
  { status, headers, fields }: PlatformAnswer,
  { secrets, now }: { readonly secrets: readonly string[]; readonly now: number },
): SlackFailure {
  const error = wordsIn(fields["error"]);
  const failureClass = classOf(method, status, error);
  const retry_after_ms = retryAfterMs(headers["retry-after"], now);
  const code = shownWords(error ?? String(status), secrets);
  const details = [wordsIn(fields["needed"]), ...detailsIn(fields["response_metadata"])];
  const shown = details.flatMap((words) => (words ? shownWords(words, secrets) : []));
  return {
    class: failureClass,
    code,
    message: error === undefined ? `Slack answered with status ${status}.` : inWords(code, shown),
    ...(failureClass === "retry" && retry_after_ms !== undefined && { retry_after_ms }),
    ...(failureClass === "disconnected" && { field: "bot_token" }),
    ...(error !== undefined && lostThread.has(error) && { mend: "without_thread" }),
  };
}

function classOf(method: string, status: number, error: string | undefined): FailureClass {
  if (status === 429 || status >= 500) return "retry";
  // A page with status 200 is not the answer of Slack.
  if (error === undefined) return status < 400 ? "retry" : "refused";
  const known = error.startsWith("restricted_action") ? "recipient" : classes.get(error);
  // A link may be sent where files may not.
  if (known === "configuration" && method.startsWith("files.")) return "refused";
  return known ?? "refused";
}

const lostThread = new Set(["cannot_reply_to_message", "invalid_thread_ts", "thread_not_found"]);

/** All that is not named here refuses this message. */
const classes = classesOf({
  disconnected:
    "invalid_auth not_authed account_inactive token_revoked token_expired not_allowed_token_type",
  configuration:
    "missing_scope no_permission app_access_restricted access_denied accesslimited " +
    "messages_tab_disabled org_login_required two_factor_setup_required ekm_access_denied " +
    "team_access_not_granted enterprise_is_restricted",
  recipient: "channel_not_found not_in_channel is_archived message_limit_exceeded user_not_found",
  retry:
    "ratelimited rate_limited internal_error service_unavailable request_timeout " +
    "team_added_to_org fatal_error",
});

const detailsIn = (metadata: unknown) =>
  entriesOf(fieldsOf(metadata)["messages"])
    .slice(0, 1)
    .map((words) => textIn(words));

/** What the owner of a channel reads most often, in words that say what to do. */
const sentences: ReadonlyMap<string, string> = new Map([
  [
    "missing_scope",
    "The app lacks a scope. Add it under OAuth & Permissions and install the app again.",
  ],
  [
    "messages_tab_disabled",
    "Direct messages are turned off. Turn on the Messages tab under App Home.",
  ],
  ["not_in_channel", "The bot is not in the channel. Invite it there."],
  ["channel_not_found", "The bot does not see this channel."],
  ["is_archived", "The channel is archived."],
  ["invalid_auth", "Slack does not know this token."],
  ["account_inactive", "The app was removed from the workspace, or its token belongs to nobody."],
  ["token_revoked", "The token was revoked."],
  ["token_expired", "The token has expired: the app must not rotate its tokens."],
]);

const inWords = (code: string, details: readonly string[]) =>
  [`Slack: ${code}.`, sentences.get(code), details.length > 0 && `(${details.join("; ")})`]
    .filter(Boolean)
    .join(" ");
