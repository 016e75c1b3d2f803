import * as v from "valibot";
import { removeWork, tryInAnHour, waitUntil } from "../work/end-lease.ts";
import type { Slice } from "../work/slice.ts";
import { workKinds } from "../work/work-kinds.ts";
import type { Work, WorkDeps } from "../work/work-on.ts";
import { type ErasureOrderDeps, inOrder, orderOf } from "./erasure-order.ts";
import { Erasure } from "./job.ts";

const sliceMs = 600_000;
const secondLookMs = workKinds.job.longestWaitMs;

/** The jobs worker's part: erases for a slice of time, goes on later, looks a second time, ends. */
export const runErasure = (deps: ErasureDeps): Work<"job"> => ({
  run: async (lease, signal, pace) => {
    const what = { ...v.parse(Erasure, lease.item), team_id: lease.ref.team_id };
    const { first, last } = orderOf(what);
    const until = deps.clock() + sliceMs;
    const slice: Slice = {
      isOver: () => {
        signal.throwIfAborted();
        return deps.clock() > until;
      },
    };
    const looked = lease.item["looked"] === true;
    const progress = await pace.watch(undefined, async () => {
      const done = await inOrder(first, deps, what, slice);
      if (done !== "done" || !last) return done;
      // What slipped in while the deletion was on its way shows at the second look.
      return looked ? inOrder(last, deps, what, slice) : "not_yet";
    });
    if (progress === "out_of_time") return waitUntil(deps, lease, deps.clock());
    if (progress === "not_yet") {
      return waitUntil(deps, lease, deps.clock() + secondLookMs, { looked: true });
    }
    await removeWork(deps, lease);
  },

  // An alarm has told the operator.
  giveUp: tryInAnHour(deps),
});

export type ErasureDeps = WorkDeps & ErasureOrderDeps;
