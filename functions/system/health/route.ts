import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { version } from "#shared/runtime/version";

export const route = defineRoute({
  operationId: "getHealth",
  method: "GET",
  path: "/v1/health",
  tag: "System",
  summary: "Tell whether the API is there",
  auth: { public: "Load balancers and people ask before they have a key." },
  answers: "one",
  data: v.object({ status: v.literal("ok"), version: v.string() }),
  status: 200,
  errors: [],
  grants: {},
  example: { data: { status: "ok", version } },
});
