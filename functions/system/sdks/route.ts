import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "downloadSdk",
  method: "GET",
  path: "/sdks/{file}",
  tag: "System",
  summary: "Download an SDK that fits this server",
  auth: { public: "the SDKs hold nothing of any team." },
  params: v.strictObject({
    // A name and an ending, and so no path.
    file: v.pipe(v.string(), v.regex(/^[a-z]\w{0,40}([.-]\w{1,20}){1,8}$/)),
  }),
  answers: "raw",
  data: v.unknown(),
  status: 200,
  errors: [],
  grants: {},
});
