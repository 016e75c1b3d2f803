import type { Item } from "#shared/table/table";
import type { Draws } from "./draws.ts";
import type { World } from "./world.ts";

/** A kind of stories, with all that makes them happen and says whether they went well. */
export interface Script<Story = unknown> {
  readonly name: string;
  /** Stories that are gone through with every mishap at every call; the first is the representative one. */
  readonly known: readonly [Story, ...Story[]];
  /** After so much simulated time a run is taken for endless: six hours, unless its work may wait longer. */
  readonly horizonMs?: number;
  /** So many calls of each are gone through; those it does not make are runs without a fault. */
  readonly mostCalls: number;
  /** A story by chance. */
  random(draws: Draws): Story;
  /** Sets a story going. */
  begin(story: Story, world: World): Promise<Course>;
}

/** A story that is told when nothing happens any more. */
export interface Course {
  /** Everything that is not as promised, in sentences. */
  verdict(rows: readonly Item[]): string[];
  /** What there was of what. */
  figures(): Readonly<Record<string, number>>;
}
