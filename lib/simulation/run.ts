import { settled } from "./agenda.ts";
import type { Script } from "./script.ts";
import type { Store } from "./store.ts";
import type { WorldOptions } from "./surroundings.ts";
import { World, worldStart } from "./world.ts";

/** What is run. */
export interface Case<Story = unknown> extends Omit<WorldOptions, "store"> {
  readonly script: Script<Story>;
  readonly story: Story;
}

/** What came of it. */
export interface Outcome {
  /** Empty when everything is as promised. */
  readonly problems: readonly string[];
  readonly calls: readonly string[];
  readonly faults: number;
  readonly longestIdleMs: number;
  readonly figures: Readonly<Record<string, number>>;
}

const usualHorizonMs = 6 * 3_600_000;

/** Runs one case to its end, and looks at what is left. */
export async function run(store: Store, { script, story, ...options }: Case): Promise<Outcome> {
  const world = new World({ ...options, store });
  const { agenda, calls, observer } = world;
  const course = await script.begin(story, world);
  world.sweepEachMinute();
  await settled();
  const { horizonMs = usualHorizonMs } = script;
  while (!world.isAtRest() && (await agenda.next(worldStart + horizonMs))) observer.passed();
  const rows = store.rows();
  const problems = [...observer.problems];
  if (!world.isAtRest()) problems.push("the run does not come to rest");
  for (const { pk, sk, due_at } of rows) {
    if (due_at !== undefined) problems.push(`${pk} ${sk} is still due`);
  }
  problems.push(...course.verdict(rows));
  const { faults, longestIdleMs } = observer;
  return { problems, calls, faults, longestIdleMs, figures: course.figures() };
}
