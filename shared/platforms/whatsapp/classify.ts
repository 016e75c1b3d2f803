import { type Fields, fieldsOf, wordsIn } from "../../schema/json-fields.ts";
import { shownWords } from "../call-platform.ts";
import { classesOf, type Failure, type FailureClass } from "../failure.ts";

/** The code of what is not there, or not for this token. */
export const notThere = "100/33";

/** Tells what an error means, as answers and statuses bring it. Its code counts more than the status of the answer. */
export function failureIn(
  error: Fields,
  status?: number,
  {
    secrets = [],
    retry_after_ms,
  }: { secrets?: readonly string[]; retry_after_ms?: number | undefined } = {},
): Failure {
  const code = numberIn(error["code"]);
  const said = wordsIn(error["message"]) ?? wordsIn(error["title"]);
  const details = wordsIn(fieldsOf(error["error_data"])["details"]);
  const isOfSecret = code === 100 && /appsecret_proof/.test(said ?? "");
  const isGone = code === 100 && numberIn(error["error_subcode"]) === 33;
  const kind = isOfSecret ? "disconnected" : classOf(code, status);
  // One number may write to one person once in six seconds.
  const pause = code === 131056 ? Math.max(6_000, retry_after_ms ?? 0) : retry_after_ms;
  const field = isOfSecret ? "app_secret" : fieldOf(code, status);
  const words = [...new Set([said, details])].flatMap((part) => part?.replace(/\.$/, "") ?? []);
  const told = [...words, hints.get(code)].filter(Boolean).join(". ");
  const answered = status === undefined ? " did not deliver it" : ` answered with status ${status}`;
  return {
    class: kind,
    code: isGone ? notThere : String(code ?? status ?? "failed"),
    message: told === "" ? `WhatsApp${answered}.` : `WhatsApp: ${shownWords(told, secrets)}.`,
    ...(kind === "retry" && pause !== undefined && { retry_after_ms: pause }),
    ...(kind === "disconnected" && field !== undefined && { field }),
  };
}

const numberIn = (value: unknown): number | undefined =>
  /^\d{1,9}$/.test(String(value)) ? Number(value) : undefined;

function classOf(code: number | undefined, status = 0): FailureClass {
  const known = classes.get(String(code));
  if (known) return known;
  if (code !== undefined && code >= 200 && code <= 299) return "configuration";
  if (status === 401) return "disconnected";
  if (status === 429 || status >= 500) return "retry";
  // A page with status 200 is not the answer of WhatsApp.
  return code === undefined && status > 0 && status < 400 ? "retry" : "refused";
}

/** By https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes; others refuse this message. */
const classes = classesOf({
  disconnected: "0 33 190 368 131031 133010",
  configuration: "3 10 2200 131005 131037 131042 131045 131048",
  recipient: "130472 130497 131021 131026 131030 131047 131049 131050",
  retry: "1 2 4 17 80007 130429 131000 131016 131056 131057 133004 2494100",
  refused: "100 131008 131009 131051 131052 131053",
});

function fieldOf(code: number | undefined, status: number | undefined): string | undefined {
  if (code === 33 || code === 133010) return "phone_number_id";
  return code === 0 || code === 190 || (code ?? status) === 401 ? "access_token" : undefined;
}

/** What the owner of a channel reads most often, in words that say what to do. */
const hints: ReadonlyMap<number | undefined, string> = new Map([
  [10, "Give the token whatsapp_business_messaging and whatsapp_business_management"],
  [190, "Make a permanent token for a system user"],
  [2200, "Meta has to reach our address from outside"],
  [131030, "The number is one for tests: add the person to its list of recipients"],
  [131042, "See to the payment method of the account"],
  [131047, "WhatsApp takes answers for 24 hours after a person's last message"],
  [133010, "Register the number for the Cloud API first"],
]);
