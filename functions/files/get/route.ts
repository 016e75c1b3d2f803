import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { id, idParams, text, wholeNumber } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getFile",
  method: "GET",
  path: "/v1/files/{id}",
  tag: "Conversations",
  summary: "Read a file that a user sent",
  description:
    "URLs of this kind stand in messages. Use them as they are: each is signed, is good for one to two days and ends with the file, which is kept for 30 days. Files that a browser could run are given to be saved. A URL that was changed or has expired answers as one of a file that is not there.",
  auth: { public: "the URL is signed." },
  params: idParams("file"),
  query: v.object({
    team: v.pipe(id("team"), v.description("The team that has the file; part of the URL.")),
    conversation: v.pipe(
      id("conv"),
      v.description("The conversation that the file was sent in; part of the URL."),
    ),
    number: v.pipe(
      wholeNumber(1, 999_999_999_999),
      v.description("The place of its message in the conversation; part of the URL."),
    ),
    expires: v.pipe(
      wholeNumber(0, 9_999_999_999),
      v.description("When the URL ends, in Unix seconds; part of the URL."),
    ),
    signature: v.pipe(text(1, 64), v.description("Proves that the URL is one of ours.")),
  }),
  answers: "redirect",
  data: v.never(),
  status: 302,
  errors: [],
  grants: { table: ["GetItem"], blobs: ["read"] },
});
