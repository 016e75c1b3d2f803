import type { Turns } from "../turn.ts";
import type { Catalog } from "./catalog.ts";
import { type EngineTable, parseItem } from "./engine-table.ts";
import { keyOfItem } from "./keys.ts";

const pauseMs = 60_000;
/** DynamoDB deletes late as well, and readers must cope with expired items. */
const latenessSeconds = 300;
/** DynamoDB leaves alone what expired longer ago: such times are taken for mistakes. */
const maxAgeSeconds = 5 * 365 * 86_400;
const sliceSize = 200;

/** Deletes items some minutes after their TTL, a slice at a time, while calls come in. */
export class Expiry {
  readonly #catalog: Catalog;
  readonly #clock: () => number;
  #nextAt = 0;

  constructor(catalog: Catalog, clock: () => number) {
    this.#catalog = catalog;
    this.#clock = clock;
  }

  /** Adds a sweep to this turn when the last one was a minute ago or longer. */
  sweepWhenDue(turns: Turns): void {
    const now = this.#clock();
    if (now < this.#nextAt) return;
    this.#nextAt = now + pauseMs;
    // The next sweep does what a failed one has not done.
    turns.submit("writes", () => this.#sweep(now)).catch(() => undefined);
  }

  #sweep(now: number): void {
    const to = Math.floor(now / 1_000) - latenessSeconds;
    for (const name of this.#catalog.names()) {
      const table = this.#catalog.table(name);
      if (table.definition.ttlAttribute === undefined) continue;
      const texts = table.expired(to - maxAgeSeconds, to, sliceSize);
      for (const text of texts) remove(table, text);
      if (texts.length === sliceSize) this.#nextAt = now;
    }
  }
}

function remove(table: EngineTable, text: string): void {
  const item = parseItem(text);
  const key = keyOfItem(table.definition, item);
  const stored = table.get(key);
  if (stored !== undefined) table.write(key, stored, item, undefined);
}
