import type { ConversationWork } from "#shared/conversations/conversation-work";
import { asIntegration } from "#shared/integrations/integration-store";
import type { Id } from "#shared/runtime/ids";
import { idAtEnd } from "#shared/table/keys";
import type { Item } from "#shared/table/table";

/** Something of a backend that was written down at a time; unix milliseconds. */
interface Noted {
  readonly id: Id<"int">;
  readonly at: number;
}

/** Remembers how backends were known to do. */
export class SeenBackends {
  /** Each failure that was written down, with the message that it was about. */
  readonly failures: (Noted & { readonly conversation_id: Id<"conv">; readonly number: number })[] =
    [];
  /** Until when each is passed over, as that was written. */
  readonly skips: (Noted & { readonly until: number })[] = [];
  readonly #failed = new Map<string, number>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Sees a row that was written. */
  see(row: Item): void {
    const at = this.#clock();
    if (row.sk.startsWith("INTEGRATION#")) {
      const { id, health } = asIntegration(row) ?? {};
      if (id) this.skips.push({ id, at, until: health?.skipped_until ?? 0 });
    }
    const { failed_backends } = row as Item & Partial<ConversationWork>;
    if (row.sk !== "WORK" || !failed_backends) return;
    const { question, integration_ids } = failed_backends;
    const key = `${row.pk} ${question}`;
    const known = this.#failed.get(key) ?? 0;
    const about = { conversation_id: idAtEnd<"conv">(row.pk), number: question };
    for (const id of integration_ids.slice(known)) this.failures.push({ id, at, ...about });
    this.#failed.set(key, Math.max(known, integration_ids.length));
  }

  /** Whether a backend may have been passed over at some time in between. */
  mayBePassedOver(whose: Id<"int">, from: number, until: number): boolean {
    return this.skips.some((one) => one.id === whose && one.at <= until && one.until > from);
  }

  /** Until when a backend was passed over as its row said all the time in between; undefined when that changed. */
  skippedUntil(whose: Id<"int">, from: number, until: number): number | undefined {
    const own = this.skips.filter(({ id }) => id === whose);
    if (own.some(({ at }) => at >= from && at <= until)) return undefined;
    return own.findLast(({ at }) => at < from)?.until ?? 0;
  }
}
