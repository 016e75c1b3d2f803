import { loadManifest } from "./manifest.ts";
import { type Ask, type OneOfEach, paramsOf } from "./one-of-each.ts";

/**
 * Asks every route with a key, but for these, as its example says, of one of each noun: first what reads, last what
 * deletes. Throws when one refuses.
 */
export async function askTheRest(
  ask: Ask,
  asked: ReadonlySet<string>,
  one: OneOfEach,
): Promise<void> {
  const { routes } = await loadManifest();
  const rest = routes
    .map(({ route }) => route)
    .filter(({ auth, operationId }) => "scope" in auth && !asked.has(operationId))
    .toSorted((a, b) => methods.indexOf(a.method) - methods.indexOf(b.method));
  for (const { operationId, path, example } of rest) {
    await ask(operationId, { params: await paramsOf(path, one.id), body: example?.body });
  }
}

const methods = ["GET", "PATCH", "POST", "DELETE"];
