import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "notFound",
  method: "GET",
  path: "/{proxy+}",
  tag: "System",
  summary: "Lead to the reference from / and answer 404 to all that no other route knows",
  auth: { public: "An unknown path answers the same with and without a key." },
  unread: true,
  answers: "redirect",
  data: v.never(),
  status: 302,
  errors: ["not_found"],
  grants: {},
});
