import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";

const anything = v.looseObject({});

export const route = defineRoute({
  operationId: "getOpenapiDocument",
  method: "GET",
  path: "/v1/openapi.json",
  tag: "System",
  summary: "Get this reference as OpenAPI 3.1",
  description:
    "The whole reference as one document, from which programs are made. It changes with the version of the platform only.",
  auth: { public: "the reference holds nothing of any team." },
  answers: "raw",
  headers: ["accept-encoding", "if-none-match"],
  data: v.pipe(
    v.looseObject({
      openapi: v.pipe(v.string(), v.description("The version of OpenAPI, such as `3.1.1`.")),
      info: v.pipe(anything, v.description("What the API is called, and its version.")),
      paths: v.pipe(anything, v.description("The operations, by path and method.")),
    }),
    v.title("OpenapiDocument"),
    v.description("The document itself, without an envelope."),
  ),
  status: 200,
  unchangedStatus: 304,
  errors: [],
  grants: {},
});
