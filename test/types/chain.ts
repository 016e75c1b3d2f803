// What `tsc` holds of the types that handlers and workers are written against. Each line stops compiling when a type
// becomes looser or stricter than it says; nothing here runs.
import * as v from "valibot";
import type { Caller } from "#shared/auth/scopes";
import {
  defineRoute,
  type Handle,
  type RawReply,
  type ReplyOf,
  type RequestOf,
} from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { servePublic } from "#shared/http/serve-public";
import { serveSigned } from "#shared/http/serve-signed";
import { defineWorker } from "#shared/queue/define-worker";
import { type Consume, type MessageOf, serveWorker } from "#shared/queue/serve-worker";
import { liveRecordSecrets } from "#shared/secrets/live-team-secrets";
import type { Page } from "#shared/table/page";

/** True for types that are the same to the letter: unlike two assignments, it tells `any`, `readonly` and `?` apart. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Proof extends true>() => {};
const fails = <_Proof extends false>() => {};

// The proof itself tells what it must.
holds<Same<{ readonly a: string }, { readonly a: string }>>();
fails<Same<{ readonly a: string }, { a: string }>>();
fails<Same<{ a: string }, { a?: string }>>();
fails<Same<unknown, string>>();
// oxlint-disable-next-line typescript/no-explicit-any
fails<Same<any, string>>();

const rest = {
  operationId: "probeThing",
  path: "/v1/things/{id}",
  tag: "System",
  summary: "Is only a type",
  status: 200,
  errors: [],
  grants: {},
} as const;
const key = { scope: "bots:read" } as const;
const data = v.object({ name: v.string(), size: v.optional(v.number(), 1) });

const keyed = defineRoute({
  ...rest,
  method: "POST",
  auth: key,
  params: v.object({ id: v.string() }),
  query: v.strictObject({ wait: v.optional(v.number(), 0) }),
  body: v.strictObject({ name: v.string(), tags: v.optional(v.array(v.string()), []) }),
  answers: "one",
  data,
});
const open = defineRoute({ ...rest, method: "GET", auth: { public: "x." }, answers: "raw", data });
const listed = defineRoute({ ...rest, method: "GET", auth: key, answers: "page", data });
const secret = defineRoute({
  ...rest,
  method: "POST",
  auth: key,
  answers: "one",
  data,
  answersSecret: true,
});
const signed = defineRoute({
  ...rest,
  method: "POST",
  auth: { signed: "Acme" },
  input: "bytes",
  headers: ["x-signature", "x-time"],
  answers: "raw",
  data,
});
interface Sender {
  readonly channel_id: string;
}
type Keyed = RequestOf<typeof keyed>;
type Open = RequestOf<typeof open>;
type Signed = RequestOf<typeof signed, Sender>;

// A request is what its schemas make of it.
holds<Same<Keyed["caller"], Caller>>();
holds<Same<Keyed["params"], { id: string }>>();
holds<Same<Keyed["query"], { wait: number }>>();
holds<Same<Keyed["body"], { name: string; tags: string[] }>>();
holds<Same<Keyed["deadline"], number>>();

// What a route does not declare is not there.
holds<Same<Open["caller"], undefined>>();
holds<Same<Open["params"], Record<string, never>>>();
holds<Same<Open["query"], Record<string, never>>>();
holds<Same<Open["body"], Record<string, never>>>();
type Always = "caller" | "params" | "query" | "body" | "page" | "mint" | "deadline";
holds<Same<keyof Keyed, Always>>();
holds<Same<keyof Open, Always>>();
holds<Same<keyof Signed, Always | "raw" | "headers" | "sender">>();

// A platform's request has bytes, the headers that are named, and who signed it; and it has no key.
holds<Same<Signed["caller"], undefined>>();
holds<Same<Signed["sender"], Sender>>();
holds<Same<Signed["raw"], Uint8Array>>();
type Given = string | undefined;
holds<Same<Signed["headers"], { readonly "x-signature": Given; readonly "x-time": Given }>>();

// A reply is what the route answers, before its schema has filled in defaults.
holds<
  Same<
    ReplyOf<typeof keyed>,
    { readonly body: { name: string; size?: number | undefined }; readonly repeated?: boolean }
  >
>();
holds<Same<ReplyOf<typeof listed>, Page<{ name: string; size?: number | undefined }>>>();
holds<Same<ReplyOf<typeof open>, RawReply>>();
holds<Same<Handle<typeof keyed>, (request: Keyed) => Promise<ReplyOf<typeof keyed>>>>();

// Bytes are read by nobody, so a schema beside them would be forgotten.
// @ts-expect-error: `body` beside `input: "bytes"`.
defineRoute({
  ...rest,
  method: "POST",
  auth: key,
  answers: "one",
  data,
  input: "bytes",
  body: data,
});
// @ts-expect-error: events have the names of headers in lower case, so this one would never be there.
defineRoute({ ...rest, method: "GET", auth: key, answers: "one", data, headers: ["X-Time"] });
// @ts-expect-error: nobody says who may call.
defineRoute({ ...rest, method: "GET", answers: "one", data });
// @ts-expect-error: a scope that does not exist.
defineRoute({ ...rest, method: "GET", auth: { scope: "bots:delete" }, answers: "one", data });

// What a chain needs beyond the deployment cannot be forgotten, and cannot be given where nothing uses it.
const handleSecret: Handle<typeof secret> = async () => ({ body: { name: "a" } });
const handleSigned: Handle<typeof signed, Sender> = async ({ sender }) => ({
  raw: sender.channel_id,
  contentType: "text/plain",
});
const handleOpen: Handle<typeof open> = async () => ({ raw: "", contentType: "text/plain" });
const handleKeyed: Handle<typeof keyed> = async () => ({ body: { name: "a" } });
const verify = () => async () => ({ channel_id: "ch" });
serve(keyed, () => handleKeyed);
serve(secret, () => handleSecret, { secrets: liveRecordSecrets });
serveSigned(signed, () => handleSigned, { verify });
servePublic(open, () => handleOpen);
// @ts-expect-error: an answer with a secret is kept sealed.
serve(secret, () => handleSecret);
// @ts-expect-error: nothing says whose signature is right.
serveSigned(signed, () => handleSigned);
// @ts-expect-error: nothing that this route answers is sealed.
serve(keyed, () => handleKeyed, { secrets: liveRecordSecrets });
// @ts-expect-error: nobody signs what comes to this route.
serve(keyed, () => handleKeyed, { verify });
// @ts-expect-error: the handler expects another sender than the signature shows.
serveSigned(signed, () => handleSigned, { verify: () => async () => ({ team_id: "t" }) });
// @ts-expect-error: a key would not be asked for.
servePublic(keyed, () => handleKeyed);
// @ts-expect-error: a signature would not be asked for.
servePublic(signed, () => handleSigned);
// @ts-expect-error: a key would not be asked for, and nobody signs.
serveSigned(keyed, () => handleKeyed, { verify });
// @ts-expect-error: nobody has a key for it.
serve(open, () => handleOpen);
// @ts-expect-error: a field of the answer is missing.
serve(keyed, () => async () => ({ body: { size: 1 } }));

const worker = defineWorker({
  name: "probe",
  summary: "Is only a type",
  impact: "Nothing.",
  trigger: {
    queue: "jobs",
    message: v.object({ id: v.string(), tries: v.optional(v.number(), 0) }),
    batchSize: 1,
    maxReceives: 1,
    maxConcurrency: 2,
  },
  timeoutSeconds: 1,
  grants: {},
});
const clocked = defineWorker({ ...worker, trigger: { everyMinutes: 1 } });
const consume: Consume<typeof worker> = async ({ message }) => void message.tries;

// A message is what its schema makes of it.
holds<Same<MessageOf<typeof worker>, { id: string; tries: number }>>();
serveWorker(worker, () => consume);
// @ts-expect-error: no message comes to a worker that the clock starts.
serveWorker(clocked, () => consume);
