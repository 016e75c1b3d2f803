import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "notFound",
  method: "GET",
  path: "/{proxy+}",
  tag: "System",
  summary: "Answers whatever no other route does",
  auth: { public: "An unknown path answers the same with and without a key." },
  unread: true,
  answers: "one",
  data: v.never(),
  status: 200,
  errors: ["not_found"],
  grants: {},
});
