import { hash } from "node:crypto";
import type { Id } from "../runtime/ids.ts";
import { isSkipped } from "./health.ts";
import type { StoredIntegration } from "./integration.ts";

/** A number in [0, 1) that depends only on what is given: a repeat after a crash draws the same. */
export const drawn = (...parts: readonly string[]): number =>
  hash("sha256", parts.join("\n"), "buffer").readUIntBE(0, 6) / 2 ** 48;

/** What is known of a message beside its id. */
interface Situation {
  /** Unix milliseconds. */
  readonly now: number;
  /** The integration that its conversation stays with, while that one works. */
  readonly stays_with?: Id<"int"> | undefined;
  /** Those that have failed for this message. */
  readonly failed?: readonly Id<"int">[];
}

/** The active integrations of a bot. An `echo` is one of them only while there is no other. */
function usableOf(integrations: readonly StoredIntegration[]): readonly StoredIntegration[] {
  const active = integrations.filter(({ status }) => status === "active");
  const real = active.filter(({ type }) => type !== "echo");
  return real.length > 0 ? real : active;
}

/** Those among which a message is drawn, by their weights. */
export const candidatesOf = (integrations: readonly StoredIntegration[]) =>
  usableOf(integrations).filter(({ fallback, weight }) => !fallback && weight > 0);

/**
 * The integrations that a message is sent to, in order: one drawn by weight or stayed with, then the fallbacks in order
 * of creation. Those that are skipped now come after all others, and nothing is drawn again where one has failed.
 */
export function chooseBackends(
  integrations: readonly StoredIntegration[],
  messageId: Id<"msg">,
  { now, stays_with, failed = [] }: Situation,
): StoredIntegration[] {
  const fallbacks = usableOf(integrations)
    .filter(({ fallback }) => fallback)
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const candidates = candidatesOf(integrations);
  const isWell = (one: StoredIntegration) => !isSkipped(one, now);
  const well = candidates.filter(isWell);
  const chosen =
    failed.length > 0
      ? undefined
      : (well.find(({ id }) => id === stays_with) ??
        byWeight(well.length > 0 ? well : candidates, messageId));
  const all = chosen ? [chosen, ...fallbacks] : fallbacks;
  const left = all.filter(({ id }) => !failed.includes(id));
  return [...left.filter(isWell), ...left.filter((one) => !isWell(one))];
}

function byWeight(
  candidates: readonly StoredIntegration[],
  messageId: Id<"msg">,
): StoredIntegration | undefined {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let left = drawn("backend", messageId) * total;
  return (
    candidates.find(({ weight }) => {
      left -= weight;
      return left < 0;
    }) ?? candidates.at(-1)
  );
}
