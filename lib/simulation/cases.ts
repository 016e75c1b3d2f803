import { createDraws, type Draws } from "./draws.ts";
import { mishap, mishapKinds, randomMishaps } from "./mishaps.ts";
import type { Case } from "./run.ts";
import type { Script } from "./script.ts";

const awsLeaseMs = 20_000;
const localLeaseMs = 60_000;

/** So many cases go through every known story with every mishap at every call; the others are drawn. */
export const knownCases = ({ known, mostCalls }: Script) =>
  known.length * mostCalls * mishapKinds.length;

/** The case with a number: the same script, seed and number are always the same case. */
export function caseOf<Story>(script: Script<Story>, seed: number, number: number): Case<Story> {
  const draws = createDraws(seed, number);
  if (number < knownCases(script)) return knownCase(script, number, draws);
  const oneMachine = draws.chance(0.3);
  return {
    script,
    story: script.random(draws),
    mishaps: randomMishaps(draws, oneMachine),
    draws,
    leaseMs: oneMachine ? localLeaseMs : awsLeaseMs,
    skewMs: !oneMachine && draws.chance(0.2) ? 2_500 : 0,
    latencyMs: draws.pick([1, 2, 2, 10, 200]),
    functions: draws.pick([2, 4, 4, 12]),
    placesInMemory: oneMachine,
    teams: draws.pick([1, 1, 2]),
  };
}

function knownCase<Story>(script: Script<Story>, number: number, draws: Draws): Case<Story> {
  const { known, mostCalls } = script;
  const kind = mishapKinds[number % mishapKinds.length] ?? "crash_before";
  const call = Math.floor(number / mishapKinds.length);
  const story = known[Math.floor(call / mostCalls)] ?? known[0];
  return {
    ...plainCase(script, story, draws),
    mishaps: (made, index) => (index === call % mostCalls ? mishap(kind, made, draws) : undefined),
    leaseMs: kind === "machine_down" ? localLeaseMs : awsLeaseMs,
  };
}

/** A story in which nothing goes wrong. */
export const plainCase = <Story>(
  script: Script<Story>,
  story: Story = script.known[0],
  draws = createDraws(1, 0),
): Case<Story> => ({
  script,
  story,
  mishaps: () => undefined,
  draws,
  leaseMs: awsLeaseMs,
  skewMs: 0,
  latencyMs: 2,
});
