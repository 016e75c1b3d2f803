import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import type { HttpAnswer } from "#shared/http/edge";
import type * as chain from "#shared/http/serve";
import type { Clock } from "#shared/runtime/clock";
import { importIn, newSuite } from "./suite-modules.ts";
import { contextOf, eventOf, type TestPlatform } from "./test-platform.ts";

/** A route that needs nothing but the chain. */
const probe = defineRoute({
  operationId: "probe",
  method: "GET",
  path: "/v1/probe",
  tag: "System",
  summary: "Answers",
  auth: { scope: "any" },
  answers: "one",
  data: v.object({ ok: v.boolean() }),
  status: 200,
  errors: [],
  grants: {},
});

/**
 * The chain as a function instance of its own has it, with its own memory and clock, over the table that all share.
 * Answers with what asks it.
 */
export async function newChainInstance(
  { table }: Pick<TestPlatform, "table">,
  clock: Clock,
): Promise<(key: string) => Promise<HttpAnswer>> {
  // A module found by its path has no type.
  const { serve } = (await importIn(newSuite(), "shared/http/serve.ts")) as typeof chain;
  const edge = { table: () => table, clock };
  const handler = serve(probe, () => async () => ({ body: { ok: true } }), edge);
  return (key) => handler(eventOf(probe, { as: key }), contextOf("probe", clock));
}
