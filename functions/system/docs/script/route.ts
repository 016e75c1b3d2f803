import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "loadReferenceScript",
  method: "GET",
  path: "/docs/script.js",
  tag: "System",
  summary: "Load the script that renders the reference",
  auth: { public: "the script is the same for everybody." },
  answers: "raw",
  headers: ["accept-encoding", "if-none-match"],
  data: v.unknown(),
  status: 200,
  unchangedStatus: 304,
  errors: [],
  grants: {},
});
