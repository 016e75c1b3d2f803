import type { EventType } from "#shared/webhooks/event-type";
import {
  type ChatStory,
  knownStories as knownChats,
  randomStory as randomChat,
  webhook,
} from "../conversations/story.ts";
import type { Draws } from "../draws.ts";

/** What a receiver does with one call. */
export interface PlannedReceipt {
  readonly does: "ok" | "late" | "error" | "busy" | "redirect" | "gone" | "cut" | "silence";
  readonly ms: number;
}

/** What a team does to an endpoint; each waits for the one before. `move` gives it another address. */
export interface PlannedChange {
  readonly atMs: number;
  readonly does: "delete" | "disable" | "enable" | "rotate" | "move";
}

/** An endpoint, its receiver and what becomes of it. */
export interface PlannedEndpoint {
  readonly events: readonly (EventType | "*")[];
  /** Call by call, the last one for all that follow. */
  readonly receipts: readonly [PlannedReceipt, ...PlannedReceipt[]];
  /** So long after the start it cannot be reached. */
  readonly downMs: number;
  readonly changes: readonly PlannedChange[];
}

/** An execution, and when it is cancelled. */
export interface PlannedRun {
  readonly atMs: number;
  readonly cancelledAtMs: number | undefined;
}

/** What happens to a team, and who is told of it. */
export interface EventStory {
  readonly chat: ChatStory;
  readonly runs: readonly PlannedRun[];
  readonly endpoints: readonly PlannedEndpoint[];
}

const receipt = (does: PlannedReceipt["does"] = "ok", ms = 50): PlannedReceipt => ({ does, ms });
const endpoint = (given: Partial<PlannedEndpoint> = {}): PlannedEndpoint => ({
  events: ["*"],
  receipts: [receipt()],
  downMs: 0,
  changes: [],
  ...given,
});

const [plainChat] = knownChats;
const hourMs = 3_600_000;
const failingChat: ChatStory = {
  ...plainChat,
  backends: [webhook({ does: "error", ms: 100 }), webhook({ does: "answer", ms: 100 })],
};
const plain: EventStory = { chat: plainChat, runs: [], endpoints: [endpoint()] };

/** A message told to one endpoint, and what else can be the fate of an event. */
export const knownStories: readonly [EventStory, ...EventStory[]] = [
  plain,
  {
    chat: failingChat,
    runs: [],
    endpoints: [endpoint({ events: ["integration.failed"] })],
  },
  {
    chat: { ...plainChat, messages: [] },
    runs: [{ atMs: 0, cancelledAtMs: undefined }],
    endpoints: [
      endpoint({ events: ["agent_loop.completed"], receipts: [receipt("error"), receipt()] }),
    ],
  },
  { ...plain, endpoints: [endpoint({ receipts: [receipt("gone")] })] },
  {
    ...plain,
    endpoints: [
      endpoint({
        receipts: [receipt("error", 300), receipt("gone", 300)],
        changes: [
          { atMs: 400, does: "move" },
          { atMs: 3_000, does: "rotate" },
        ],
      }),
    ],
  },
  { ...plain, endpoints: [endpoint({ downMs: 72 * hourMs })] },
];

const types = ["message.received", "integration.failed", "agent_loop.completed", "*"] as const;

/** A story by chance. */
export function randomStory(draws: Draws): EventStory {
  const chat = randomChat(draws);
  const within = Math.max(1_000, ...chat.messages.flatMap(({ atMs }) => atMs));
  return {
    chat,
    runs: Array.from({ length: draws.pick([0, 0, 1, 2]) }, () => {
      const atMs = draws.whole(0, within);
      return { atMs, cancelledAtMs: draws.chance(0.3) ? atMs + draws.whole(0, 200) : undefined };
    }),
    endpoints: Array.from({ length: draws.pick([1, 1, 1, 2, 3]) }, () =>
      randomEndpoint(draws, within),
    ),
  };
}

function randomEndpoint(draws: Draws, within: number): PlannedEndpoint {
  const isBroken = draws.chance(0.05);
  const fails = draws.pick([0, 0, 0.3, 0.3, 0.6]);
  const goneToo = draws.chance(0.15);
  const one = (): PlannedReceipt => ({
    does: draws.chance(fails)
      ? draws.pick([
          "late",
          "error",
          "busy",
          "redirect",
          "cut",
          "silence",
          goneToo ? "gone" : "error",
        ])
      : "ok",
    ms: draws.whole(1, draws.pick([20, 300, 2_000])),
  });
  return {
    events: draws.chance(0.5) ? ["*"] : [draws.pick(types), draws.pick(types)],
    receipts: [one(), one(), one(), one(), isBroken ? receipt("error") : receipt()],
    downMs: draws.chance(0.05) ? draws.pick([within, 10 * 60_000, 72 * hourMs]) : 0,
    changes: Array.from({ length: draws.pick([0, 0, 0, 1, 2, 3]) }, () => ({
      atMs: draws.whole(0, 2 * within),
      does: draws.pick(["delete", "disable", "enable", "enable", "rotate", "move"]),
    })),
  };
}
