import type { Manifest } from "../manifest.ts";
import type { Counted } from "./count-costs.ts";
import { fileCosts } from "./files.ts";
import { dollarsOf, idleBill, type IdleStage } from "./idle-bill.ts";
import { priceOfMillion } from "./price.ts";
import { waitedMessages } from "./waiting.ts";

/** What we want something to cost at most, beside what it costs today. */
export interface Goal {
  readonly name: string;
  readonly today: number;
  readonly goal: number;
  /** Why it is missed, where it is. */
  readonly why?: string | undefined;
}

/** What a million of an operation, or of a worker's jobs, should cost at most. */
const ofOperations = {
  getBot: 2.1,
  createBot: 7,
  createIntegration: 7,
  createChannel: 7,
  // A web message, and a write unit more.
  receiveTelegramUpdate: 11.2,
  "inbound: conversation of Telegram": 13.5,
  "createChannel of Telegram": 17.5,
};
const underBot =
  "A bot that is being deleted takes no more children, so its row of 2 KB is in the transaction: 4 W, as a write or as a check. The audit log's entry is 2 W more.";
const counted =
  "What is counted of each reply, in two rows that its transaction adds to: 4 W, 2.50. Without it the goal was met, and a report would have to read every message.";
/** What stands between an operation or a stage and its goal. */
const reasons: Readonly<Record<string, string>> = {
  getBot:
    "Gateway, invocation, admission and the row take 1.95 of it; without its two log lines it would be 2.07, and nobody could tell what was asked.",
  createBot:
    "Bot, echo and echo's address are three new rows, with the team's, which counts, and the audit log's entry in one transaction: the table alone is above the goal.",
  createIntegration: underBot,
  createChannel: underBot,
  "inbound: conversation of Telegram": counted,
  "A message, backend of 5 s": counted,
  dev: "Lambda polls four empty queues all month, and neither how often nor by how many calls is a setting; within the free tiers it is below its goal.",
};
/** What a million messages should cost whose backend takes so many seconds, all in all. */
const ofMessages = { seconds: 5, alone: 40, held: 65 };
/** What a million files should cost beside their messages. */
const ofFiles: Readonly<Record<string, number>> = {
  "a file that is kept": 10.5,
  "a file that is read": 2.5,
};
/** What a month without a request should cost. */
const ofMonths = { prod: 6, dev: 2 };

/** The goals of the bill, with what is known of today. */
export function goals(
  counted: ReadonlyMap<string, Counted>,
  manifest: Manifest,
  stages: Readonly<Record<keyof typeof ofMonths, IdleStage>>,
): readonly Goal[] {
  const { memoryMb } = stages.prod;
  const operations = Object.entries(ofOperations).flatMap(([name, goal]) => {
    const found = counted.get(name);
    return found
      ? [{ name, today: priceOfMillion(found, memoryMb).total, goal, why: reasons[name] }]
      : [];
  });
  const messages = waitedMessages(counted, memoryMb).flatMap(({ seconds, isHeld, total }) => {
    if (seconds !== ofMessages.seconds) return [];
    const name = `A message, backend of ${seconds} s${isHeld ? ", `?wait`" : ""}`;
    const goal = isHeld ? ofMessages.held : ofMessages.alone;
    return [{ name, today: total, goal, why: reasons[name] }];
  });
  const months = (["prod", "dev"] as const).map((name) => {
    const items = idleBill(manifest, stages[name]).map(dollarsOf);
    const today = items.reduce((sum, { whole }) => sum + whole, 0);
    const what = `A month without a request, \`${name}\``;
    return { name: what, today, goal: ofMonths[name], why: reasons[name] };
  });
  const files = fileCosts(counted, memoryMb).flatMap(({ name, total }) => {
    const goal = ofFiles[name];
    return goal === undefined ? [] : [{ name, today: total, goal }];
  });
  const all: readonly Goal[] = [...operations, ...messages, ...files, ...months];
  return all.map(({ why, ...one }) => (one.today > one.goal && why ? { ...one, why } : one));
}
