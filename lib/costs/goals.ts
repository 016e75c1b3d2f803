import type { Manifest } from "../manifest.ts";
import type { Counted } from "./count-costs.ts";
import { dollarsOf, idleBill, type IdleStage } from "./idle-bill.ts";
import { priceOfMillion } from "./price.ts";
import { waitedMessages } from "./waiting.ts";

/** What we want something to cost at most, beside what it costs today. */
export interface Goal {
  readonly name: string;
  readonly today: number;
  readonly goal: number;
}

/** What a million of an operation should cost at most. */
const ofOperations = { getBot: 2.1, createBot: 7, createIntegration: 7, createChannel: 7 };
/** What a million messages should cost whose backend takes so many seconds, all in all. */
const ofMessages = { seconds: 5, alone: 40, held: 65 };
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
    return found ? [{ name, today: priceOfMillion(found, memoryMb).total, goal }] : [];
  });
  const messages = waitedMessages(counted, memoryMb).flatMap(({ seconds, isHeld, total }) => {
    if (seconds !== ofMessages.seconds) return [];
    const name = `A message, backend of ${seconds} s${isHeld ? ", `?wait`" : ""}`;
    return [{ name, today: total, goal: isHeld ? ofMessages.held : ofMessages.alone }];
  });
  const months = (["prod", "dev"] as const).map((name) => {
    const items = idleBill(manifest, stages[name]).map(dollarsOf);
    const today = items.reduce((sum, { whole }) => sum + whole, 0);
    return { name: `A month without a request, \`${name}\``, today, goal: ofMonths[name] };
  });
  return [...operations, ...messages, ...months];
}
