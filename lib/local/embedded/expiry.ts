import { setTimeout as pause } from "node:timers/promises";
import type { Catalog } from "./dynamodb/catalog.ts";
import type { EngineTable } from "./dynamodb/engine-table.ts";
import type { StoredKey } from "./dynamodb/keys.ts";
import type { MessageStore } from "./sqs/message-store.ts";
import type { Turns } from "./turn.ts";

const everyMs = 60_000;
/** DynamoDB deletes late as well, and readers must cope with expired items. */
const latenessSeconds = 300;
/** DynamoDB leaves alone what expired longer ago: such times are taken for mistakes. */
const maxAgeSeconds = 5 * 365 * 86_400;
/** What a turn removes at most, and after how long it begins with no further item: one of 400 KB takes longest. */
const itemsOfTurn = 100;
const turnMs = 5;
/** Between two turns, so that most of the time is for calls. */
const restMs = 20;

/** Deletes items some minutes after their TTL and messages after their retention, a few in a turn. */
export class Expiry {
  readonly #catalog: Catalog;
  readonly #messages: MessageStore;
  readonly #clock: () => number;
  #nextAt = 0;
  #isSweeping = false;

  constructor(catalog: Catalog, messages: MessageStore, clock: () => number) {
    this.#catalog = catalog;
    this.#messages = messages;
    this.#clock = clock;
  }

  /** Begins a sweep when the last one began a minute ago or longer; it goes on until nothing is left. */
  sweepWhenDue(turns: Turns): void {
    const now = this.#clock();
    if (now < this.#nextAt || this.#isSweeping) return;
    this.#nextAt = now + everyMs;
    this.#isSweeping = true;
    // The next sweep does what a failed one has not done.
    this.#sweep(turns, now)
      .catch(() => undefined)
      .finally(() => (this.#isSweeping = false));
  }

  async #sweep(turns: Turns, now: number): Promise<void> {
    while (await turns.submit("writes", () => this.#removeSome(now))) {
      await pause(restMs, undefined, { ref: false });
    }
  }

  /** True when there may be more. */
  #removeSome(now: number): boolean {
    const to = Math.floor(now / 1_000) - latenessSeconds;
    const until = performance.now() + turnMs;
    let left = itemsOfTurn;
    for (const name of this.#catalog.names()) {
      const table = this.#catalog.table(name);
      if (table.definition.ttlAttribute === undefined) continue;
      for (const key of table.expired(to - maxAgeSeconds, to, left)) {
        remove(table, key);
        left -= 1;
        if (left === 0 || performance.now() > until) return true;
      }
    }
    return this.#messages.removeOutdated(left) === left;
  }
}

function remove(table: EngineTable, key: StoredKey): void {
  const stored = table.get(key);
  if (stored !== undefined) table.write(key, stored, undefined);
}
