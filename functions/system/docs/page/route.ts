import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "showReference",
  method: "GET",
  path: "/docs",
  unread: true,
  tag: "System",
  summary: "Show the reference as a page",
  auth: { public: "the reference holds nothing of any team." },
  answers: "raw",
  data: v.string(),
  status: 200,
  errors: [],
  grants: {},
});
