import { notFound } from "../errors/api-error.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { wake } from "../work/wake.ts";
import type { Patience } from "./ask-platform.ts";
import type { StoredChannel } from "./channel.ts";
import { connectChannel, type ConnectDeps } from "./connect-channel.ts";
import { connectionRef } from "./connection.ts";

const mostMs = 10_000;
/** What a request still needs after its last call. */
const restMs = 3_000;
const laterMs = 60_000;

/** How long a request may wait for a platform: twice this is below what it has. */
export const patienceUntil = (
  { clock }: { clock: Clock },
  { deadline, turnedAway }: RequestTime,
): Patience => ({
  ms: Math.max(1, Math.min(mostMs, deadline - restMs - clock())),
  turnedAway,
});

/** The time of a request: when it must be answered, and what is aborted when it may not wait any longer. */
export interface RequestTime {
  readonly deadline: number;
  readonly turnedAway?: AbortSignal;
}

/** When the worker tries what the request did not bring to an end. */
export const laterAttempt = ({ clock }: { clock: Clock }) => {
  const now = clock();
  return { now, at: now + laterMs };
};

/** Connects a channel whose connection is stored, within a request; what fails is left to the worker. Throws a 404 when it is gone. */
export async function connectNow(
  deps: ConnectDeps,
  teamId: Id<"team">,
  id: Id<"ch">,
  time: RequestTime,
): Promise<StoredChannel> {
  const done = await connectChannel(deps, teamId, id, patienceUntil(deps, time));
  if (done.outcome === "gone") throw notFound();
  if (done.outcome === "failed") {
    await wake(deps, connectionRef(teamId, id), laterAttempt(deps).at);
  }
  return done.channel;
}
