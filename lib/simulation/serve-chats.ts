import { consume as consumeDeliveries } from "#functions/workers/deliveries/handler";
import { worker as deliveries } from "#functions/workers/deliveries/worker";
import { consume as consumeInbound } from "#functions/workers/inbound/handler";
import { worker as inbound } from "#functions/workers/inbound/worker";
import type { WorkRef } from "#shared/work/work-kinds";
import type { Chat } from "./conversations/chat.ts";
import type { Endpoints } from "./events/endpoints.ts";
import type { World } from "./world.ts";

/** What the team of some work has. */
type OfTeam<T> = (ref: WorkRef) => T;

/** Finds what a team has; work of another team is a fault of the simulation. */
export const ofTeam =
  <T>(all: ReadonlyMap<string, T>): OfTeam<T> =>
  ({ team_id }) => {
    const one = all.get(team_id);
    if (!one) throw new Error("There is no such team.");
    return one;
  };

/** Has the inbound worker answer the chats of these teams. */
export const serveInbound = (world: World, of: OfTeam<{ readonly chat: Chat }>) =>
  world.serve<WorkRef<"conversation">>(
    "inbound",
    inbound.timeoutSeconds,
    (process) => (received) => consumeInbound(of(received.message).chat.deps(process))(received),
  );

/** Has the deliveries worker call the endpoints of these teams. */
export const serveDeliveries = (
  world: World,
  of: OfTeam<{ readonly chat: Chat; readonly endpoints: Endpoints }>,
) =>
  world.serve<WorkRef<"delivery">>(
    "deliveries",
    deliveries.timeoutSeconds,
    (process) => (received) => {
      const { chat, endpoints } = of(received.message);
      const deps = { ...chat.deps(process), fetch: endpoints.fetch(process) };
      return consumeDeliveries(deps)(received);
    },
  );
