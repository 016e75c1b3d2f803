import type { QueueName } from "../runtime/grants.ts";
import type { Id } from "../runtime/ids.ts";
import { type Key, keys } from "../table/keys.ts";

/** What there is to know of a kind of work. */
interface KindOfWork {
  /** The queue that wakes its worker. */
  readonly queue: QueueName;
  /** The field of a reference that names it within its team. */
  readonly id: string;
  /** Takes ids of this kind alone, which is what types the field. */
  readonly key: (teamId: Id<"team">, id: never) => Key;
  /** What becomes of it at the sixth claim without progress, for the operator. */
  readonly givenUp: string;
  /** The longest that it ever waits, in milliseconds, where that tells a wait from work that was given up. */
  readonly longestWaitMs?: number;
}

/** The kinds of work there are: references, keys, queues and the operator's command follow from this table. */
export const workKinds = {
  conversation: {
    queue: "inbound",
    id: "conversation_id",
    key: keys.conversationWork,
    givenUp: "The message has the bot's error message as its reply, which was not sent.",
  },
  execution: {
    queue: "executions",
    id: "execution_id",
    key: keys.executionWork,
    givenUp: "The execution has failed with internal_error.",
  },
  delivery: {
    queue: "deliveries",
    id: "delivery_id",
    key: keys.delivery,
    givenUp: "A failed attempt is written down, and the next comes at its time.",
  },
  schedule: {
    queue: "jobs",
    id: "agent_loop_id",
    key: keys.schedule,
    givenUp: "It is tried again in an hour.",
  },
  connection: {
    queue: "jobs",
    id: "channel_id",
    key: keys.connection,
    givenUp: "It is tried again in an hour.",
    longestWaitMs: 7_200_000,
  },
  job: {
    queue: "jobs",
    id: "job_id",
    key: keys.job,
    givenUp: "It is tried again in an hour.",
    longestWaitMs: 600_000,
  },
  replay: {
    queue: "jobs",
    id: "job_id",
    key: keys.replay,
    givenUp: "It is tried again in an hour.",
  },
} as const satisfies Readonly<Record<string, KindOfWork>>;

/** A kind of work. */
export type WorkKind = keyof typeof workKinds;

/** Names one piece of work: its kind, its team and the one id of its kind. It is also what a message holds. */
export type WorkRef<K extends WorkKind = WorkKind> = {
  readonly [One in K]: { readonly kind: One; readonly team_id: Id<"team"> } & {
    readonly [Field in (typeof workKinds)[One]["id"]]: Parameters<
      (typeof workKinds)[One]["key"]
    >[1];
  };
}[K];

/** The id of work within its team. */
export const workIdOf = (ref: WorkRef): string =>
  // Which field it is depends on the kind, and the type has said that it is there.
  (ref as unknown as Readonly<Record<string, string>>)[workKinds[ref.kind].id] ?? "";

/** The key of work. */
export const workKey = (ref: WorkRef): Key => keyOf(ref.kind, ref.team_id, workIdOf(ref));

const keyOf = (kind: WorkKind, teamId: Id<"team">, id: string): Key =>
  // Which ids a row takes depends on the kind.
  (workKinds[kind].key as (teamId: Id<"team">, id: string) => Key)(teamId, id);

/** The queue that wakes the worker of this work. */
export const queueOf = ({ kind }: WorkRef): QueueName => workKinds[kind].queue;

const isWorkKind = (kind: unknown): kind is WorkKind =>
  typeof kind === "string" && Object.hasOwn(workKinds, kind);

/** A reference as it stands in a message; undefined for anything else. */
export function readWorkRef(value: unknown): WorkRef | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, team_id, ...rest } = value as Readonly<Record<string, unknown>>;
  if (!isWorkKind(kind) || typeof team_id !== "string") return undefined;
  const id = rest[workKinds[kind].id];
  return typeof id === "string" ? refTo(kind, team_id, id) : undefined;
}

/** Where a key has `team` and `id` in it, and the kinds by what stands around them. */
const kinds = new Map(
  Object.keys(workKinds)
    .filter(isWorkKind)
    .map((kind) => {
      const { pk, sk } = keyOf(kind, "team_", "");
      const [, , noun] = pk.split("#");
      return [`${noun} ${sk}`, kind] as const;
    }),
);

/** Reads kind and ids of work from its key. Throws on a key that is none. */
export function workRefOf({ pk, sk }: Key): WorkRef {
  const [, teamId, noun, id] = pk.split("#");
  const kind = kinds.get(`${noun} ${sk}`);
  if (!kind || !teamId || !id) throw new Error(`${pk} / ${sk} is not the key of a work item.`);
  return refTo(kind, teamId, id);
}

const refTo = (kind: WorkKind, team_id: string, id: string) =>
  // The field that the kind's row names.
  ({ kind, team_id, [workKinds[kind].id]: id }) as unknown as WorkRef;
