import { jest } from "@jest/globals";
import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import type { HttpAnswer } from "#shared/http/edge";
import type { Clock } from "#shared/runtime/clock";
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
  let ask: ((key: string) => Promise<HttpAnswer>) | undefined;
  await jest.isolateModulesAsync(async () => {
    const { serve } = await import("#shared/http/serve");
    const edge = { table: () => table, clock };
    const handler = serve(probe, () => async () => ({ body: { ok: true } }), edge);
    ask = (key) => handler(eventOf(probe, { as: key }), contextOf("probe", clock));
  });
  if (!ask) throw new Error("The chain was not loaded.");
  return ask;
}
