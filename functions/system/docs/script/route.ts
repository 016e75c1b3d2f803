import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "loadReferenceScript",
  method: "GET",
  path: "/docs/redoc.js",
  tag: "System",
  summary: "Load the script that renders the reference",
  auth: { public: "the script is the same for everybody." },
  answers: "raw",
  data: v.unknown(),
  status: 200,
  errors: [],
  grants: {},
});
