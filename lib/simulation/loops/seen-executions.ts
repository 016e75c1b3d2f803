import { isLogEnd } from "#shared/executions/execution-items";
import type { Item } from "#shared/table/table";

/** An execution as the table has had it. */
export interface SeenExecution {
  readonly id: string;
  /** The final status; later ones must be the same. */
  final: string | undefined;
  /** Numbers of the steps that were stored. */
  readonly steps: Set<number>;
}

const final = new Set(["completed", "failed", "timeout", "cancelled"]);

/** Remembers what executions once were: what is final must stay so, and what was stored must not be lost. */
export class SeenExecutions {
  readonly problems: string[] = [];
  readonly #byPk = new Map<string, SeenExecution>();

  all(): readonly SeenExecution[] {
    return [...this.#byPk.values()];
  }

  /** Sees a row that was written. */
  see(item: Item): void {
    const { pk, sk, status } = item;
    // The row that ends a log stands in the place of a step.
    if (sk.startsWith("STEP#") && !isLogEnd(item)) {
      this.#of(pk).steps.add(Number(sk.slice("STEP#".length)));
    }
    if (sk !== "EXECUTION" || typeof status !== "string") return;
    const seen = this.#of(pk);
    if (seen.final !== undefined && status !== seen.final) {
      this.problems.push(`${seen.id} was ${seen.final} and is ${status}`);
    }
    if (final.has(status)) seen.final ??= status;
  }

  /** How many steps there were, and how many executions ended how. */
  figures(): Record<string, number> {
    const figures: Record<string, number> = { steps: 0 };
    for (const { steps, final: status = "none" } of this.all()) {
      figures["steps"] = (figures["steps"] ?? 0) + steps.size;
      figures[status] = (figures[status] ?? 0) + 1;
    }
    return figures;
  }

  #of(pk: string): SeenExecution {
    const seen = this.#byPk.get(pk) ?? {
      id: pk.slice(pk.lastIndexOf("#") + 1),
      final: undefined,
      steps: new Set(),
    };
    this.#byPk.set(pk, seen);
    return seen;
  }
}
