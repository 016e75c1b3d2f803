import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { version } from "#shared/runtime/version";

export const route = defineRoute({
  operationId: "getHealth",
  method: "GET",
  path: "/v1/health",
  tag: "System",
  summary: "Tell whether the API is there",
  description:
    "Answers without a look at any store, so it says that requests arrive and are answered, and nothing more.",
  auth: { public: "Load balancers and people ask before they have a key." },
  answers: "one",
  data: v.pipe(
    v.object({
      status: v.pipe(v.literal("ok"), v.description("Always `ok`: whoever reads it was answered.")),
      version: v.pipe(v.string(), v.description("The version of the platform that answered.")),
    }),
    v.title("Health"),
    v.description("That the API is there, and which version it has."),
  ),
  status: 200,
  errors: [],
  grants: {},
  example: { data: { status: "ok", version } },
});
