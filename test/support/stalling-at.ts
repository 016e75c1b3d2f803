import type { SimulatedProcess, Simulation } from "./simulation.ts";

/** A process that stands still when it has made so many calls, whose answers it does not see yet. */
export function stallingAt(simulation: Simulation, calls: number): SimulatedProcess {
  const process: SimulatedProcess = simulation.process({
    faults: ({ index }) => {
      if (index === calls) process.stall();
      return undefined;
    },
  });
  return process;
}
