import { createHash } from "node:crypto";
import type { Id } from "../runtime/ids.ts";
import type { StoredIntegration } from "./integration.ts";

/** A number in [0, 1) that depends only on what is given: a repeat after a crash draws the same. */
export const drawn = (...parts: readonly string[]): number =>
  createHash("sha256").update(parts.join("\n")).digest().readUIntBE(0, 6) / 2 ** 48;

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
 * The integrations that a message is sent to, in order: one drawn by weight, then the fallbacks in order of creation.
 */
export function chooseBackends(
  integrations: readonly StoredIntegration[],
  messageId: Id<"msg">,
): StoredIntegration[] {
  const fallbacks = usableOf(integrations)
    .filter(({ fallback }) => fallback)
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const candidates = candidatesOf(integrations);
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let left = drawn("backend", messageId) * total;
  const chosen =
    candidates.find(({ weight }) => {
      left -= weight;
      return left < 0;
    }) ?? candidates.at(-1);
  return chosen ? [chosen, ...fallbacks] : fallbacks;
}
