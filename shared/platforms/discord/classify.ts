import { entriesOf, fieldsOf, isFields, textIn, wordsIn } from "../../schema/json-fields.ts";
import { type PlatformAnswer, shownWords } from "../call-platform.ts";
import { classesOf, type Failure, type FailureClass } from "../failure.ts";
import { pauseOf } from "./rate-limits.ts";

/** Why Discord did not do it, and which other way an answer can take. */
export interface DiscordFailure extends Failure {
  readonly mend?: "without_original" | "without_command";
}

/**
 * Tells what an answer that is no success means, to a call of the bot or to one that answers a command. Where its status
 * and the code in its body differ, the code counts.
 */
export function classify(
  by: "bot" | "command",
  answer: PlatformAnswer,
  secrets: readonly string[],
): DiscordFailure {
  const { status, fields } = answer;
  const code = Number(fields["code"]) || status;
  const kind = classOf(status, code);
  const mend = by === "command" ? mendOf(code, kind) : undefined;
  const pause = pauseOf(answer);
  const said = [textIn(fields["message"]), firstWrong(fields["errors"], 0)]
    .flatMap((words) => (words ? shownWords(words, secrets) : []))
    .join(": ");
  const advice = kind === "disconnected" ? unknownToken : (sentences.get(code) ?? "");
  return {
    class: mend ? "refused" : kind,
    code: String(code),
    message:
      said === ""
        ? `Discord answered with status ${status}.`
        : `Discord: ${said} (${code}). ${advice}`.trimEnd(),
    ...(kind === "retry" && pause !== undefined && { retry_after_ms: pause }),
    ...(kind === "disconnected" && !mend && { field: "bot_token" }),
    ...(mend && { mend }),
  };
}

function mendOf(code: number, kind: FailureClass): DiscordFailure["mend"] {
  if (code === 10_008) return "without_original";
  // Unknown webhook, interaction or token of it; all that a guest may send; and no token of the bot goes with such a call.
  const isOver = [10_015, 10_062, 50_027, 40_094].includes(code) || kind === "disconnected";
  return isOver ? "without_command" : undefined;
}

function classOf(status: number, code: number): FailureClass {
  const known = classes.get(String(code));
  if (known) return known;
  if (status === 429 || status >= 500 || status < 400) return "retry";
  if (status === 401) return "disconnected";
  if (status !== 403) return "refused";
  // What says no code is not Discord's own answer, but that of something before it.
  return code === status ? "retry" : "recipient";
}

/** Codes whose meaning does not follow from the status that they come with. */
const classes = classesOf({
  disconnected: "40001 50014",
  configuration: "50001 50013",
  recipient: "10003 10004 50007 50083 50278 160005 20016 200000 240000",
  retry: "130000 110000 110001 20028 20029 30034 40004 40062 40333",
  // Files are not taken there: the link of one may be.
  refused: "400001",
});

const mostLevels = 16;

/** Of a form that was not taken, the first thing that was wrong. */
function firstWrong(errors: unknown, level: number): string | undefined {
  if (!isFields(errors) || level > mostLevels) return undefined;
  const [wrong] = entriesOf(errors["_errors"]);
  const deeper = () => Object.values(errors).map((inside) => firstWrong(inside, level + 1));
  return wordsIn(fieldsOf(wrong)["message"]) ?? deeper().find((words) => words !== undefined);
}

const unknownToken = "Reset the token under Bot in the developer portal and give that one.";

/** What the owner of a channel reads most often, in words that say what to do. */
const sentences: ReadonlyMap<number, string> = new Map([
  [50_001, "The app does not see this channel. Add it to the server with its install link."],
  [50_013, "The app lacks a permission there: View Channel, Send Messages or Attach Files."],
]);
