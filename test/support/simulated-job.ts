import { equals } from "#shared/table/condition";
import type { Item } from "#shared/table/table";
import type { Lease } from "#shared/work/lease";
import { arm, finish, type WorkItem } from "#shared/work/work-item";
import { workKey, type WorkRef } from "#shared/work/work-kinds";
import type { Work, WorkDeps } from "#shared/work/work-on";
import { workOn } from "#shared/work/work-on";
import type { SimulatedProcess, Simulation } from "./simulation.ts";

/** A piece of work of no noun: what working promises is the same for all. */
export const job: WorkRef = {
  kind: "job",
  team_id: "team_01jd7zq3c8e9v5r2k4m6n8p0ab",
  job_id: "job_01jd7zq3c8e9v5r2k4m6n8p0ab",
};

/** Others like it. */
export const jobNumber = (number: number): WorkRef => ({
  ...job,
  job_id: `job_${String(number).padStart(26, "0")}`,
});

/** Arms a job. */
export async function putJob(
  { table, clock }: WorkDeps,
  { at = clock(), ref = job }: { readonly at?: number; readonly ref?: WorkRef } = {},
): Promise<void> {
  const key = workKey(ref);
  await table.putIfAbsent({ ...key, claims: 0, sweeps: 0, ...arm(key, at, clock()) });
}

/** The row of a job, as working sees it. Throws when there is none. */
export async function jobRow({ table }: WorkDeps, ref: WorkRef = job) {
  const row = await table.get(workKey(ref));
  if (!row) throw new Error("There is no such job.");
  // Rows of work are written by `shared/work` alone.
  return row as Item & WorkItem;
}

/** Ends a job if the lease still holds; false when it does not. */
export async function endJob({ table }: WorkDeps, { key, token }: Lease): Promise<boolean> {
  return (await table.update(key, finish, equals("lease_token", token))).applied;
}

/** Gives the jobs of a simulation to a process. */
export function feedJobs(simulation: Simulation, process: SimulatedProcess, work: Work): void {
  simulation.feed<WorkRef>("jobs", process, ({ message, setVisibility }) =>
    workOn(process, message, setVisibility, work),
  );
}

/** What giving up means to a test that expects none. */
export const neverGivenUp = (): Promise<void> => {
  throw new Error("The work was given up.");
};
