import { asDelivery } from "#shared/deliveries/delivery-store";
import { longTextOf } from "#shared/table/long-text";
import type { Item } from "#shared/table/table";

/** Something that endpoints are to be told of. */
export interface Fact {
  readonly type: "message.received" | "agent_loop.completed";
  /** The id of the message or of the execution. */
  readonly about: string;
  /** When it was written; unix milliseconds. */
  readonly at: number;
  /** The conversation's count right after a message; the status of an execution. */
  readonly says: number | string;
}

/** An event as the table has had it. */
export interface SeenEvent {
  readonly id: string;
  readonly body: string;
  readonly at: number;
}

const finalStatuses = ["completed", "failed", "timeout", "cancelled"];

/** Remembers what happened and what was reported, when it was first written. */
export class Facts {
  readonly facts = new Map<string, Fact>();
  readonly events = new Map<string, SeenEvent>();
  /** When each reply was stored, by its id; unix milliseconds. */
  readonly repliedAt = new Map<string, number>();
  readonly problems: string[] = [];
  readonly #statuses = new Map<string, string>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Sees a row that was written. */
  see(row: Item): void {
    const { pk, sk } = row;
    if (sk.startsWith("MESSAGE#") && row["role"] === "user") {
      this.#note("message.received", String(row["id"]), Number(row["number"]));
    }
    if (sk.startsWith("MESSAGE#") && row["role"] === "assistant") {
      const id = String(row["id"]);
      this.repliedAt.set(id, this.repliedAt.get(id) ?? this.#clock());
    }
    if (sk === "EXECUTION" && finalStatuses.includes(String(row["status"]))) {
      this.#note("agent_loop.completed", String(row["id"]), String(row["status"]));
    }
    if (sk === "EVENT") this.#seeEvent(row);
    if (sk === "DELIVERY") this.#statuses.set(pk, asDelivery(row)?.status ?? "");
  }

  figures(): Record<string, number> {
    const figures: Record<string, number> = { facts: this.facts.size, events: this.events.size };
    for (const status of this.#statuses.values()) {
      figures[`deliveries ${status}`] = (figures[`deliveries ${status}`] ?? 0) + 1;
    }
    return figures;
  }

  #note(type: Fact["type"], about: string, says: Fact["says"]): void {
    if (!this.facts.has(about)) this.facts.set(about, { type, about, at: this.#clock(), says });
  }

  #seeEvent(row: Item): void {
    const id = String(row["id"]);
    const body = longTextOf(row, "body") ?? "";
    const before = this.events.get(id);
    if (before && before.body !== body) this.problems.push(`${id} was written with another body`);
    this.events.set(id, before ?? { id, body, at: this.#clock() });
  }
}
