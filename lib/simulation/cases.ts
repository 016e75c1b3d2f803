import { createDraws, type Draws } from "./draws.ts";
import { mishapKinds, oneFault, randomFaults } from "./faults.ts";
import type { Case } from "./run.ts";
import { knownScripts, randomScript, type Script } from "./script.ts";

/** Calls of a known script that are gone through; those it does not make are runs without a fault. */
const mostCalls = 110;
/** So many runs go through every known script with every mishap at every call; the others are drawn. */
export const knownCases = knownScripts.length * mostCalls * mishapKinds.length;

const awsLeaseMs = 20_000;
const localLeaseMs = 5_000;

/** The case with a number: the same seed and number are always the same case. */
export function caseOf(seed: number, number: number): Case {
  const draws = createDraws(seed, number);
  if (number < knownCases) return knownCase(number, draws);
  const oneMachine = draws.chance(0.3);
  return {
    script: randomScript(draws),
    faults: randomFaults(draws, oneMachine),
    draws,
    leaseMs: oneMachine ? localLeaseMs : awsLeaseMs,
    skewMs: !oneMachine && draws.chance(0.2) ? 2_500 : 0,
    latencyMs: draws.pick([0, 2, 2, 10, 200]),
    functionSeconds: draws.chance(0.15) ? draws.whole(320, 600) : 900,
  };
}

function knownCase(number: number, draws: Draws): Case {
  const at = Math.floor(number / mishapKinds.length) % mostCalls;
  const kind = mishapKinds[number % mishapKinds.length] ?? "crash_before";
  const script =
    knownScripts[Math.floor(number / mishapKinds.length / mostCalls)] ?? knownScripts[0];
  return {
    ...plainCase(script, draws),
    faults: oneFault(at, kind, draws),
    leaseMs: kind === "machine_down" ? localLeaseMs : awsLeaseMs,
  };
}

/** A script in which nothing goes wrong. */
export const plainCase = (script: Script, draws = createDraws(1, 0)): Case => ({
  script,
  faults: () => undefined,
  draws,
  leaseMs: awsLeaseMs,
  skewMs: 0,
  latencyMs: 2,
  functionSeconds: 900,
});
