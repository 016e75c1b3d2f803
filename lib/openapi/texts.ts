import { catalogue } from "#shared/errors/catalogue";
import { meanings } from "#shared/errors/meanings";
import { type Noun, nouns, tags } from "#shared/runtime/nouns";

const limited = Object.values(nouns).filter(({ limit }) => limit !== undefined);
const parentOf = ({ under }: Noun) => (under ? nouns[under.noun] : nouns.teams).singular;

/** `- A bot: 20 integrations, 20 channels.` */
const limitsByParent = [...Map.groupBy(limited, parentOf)].map(
  ([parent, group]) =>
    `- A ${parent}: ${group.map(({ limit, plural }) => `${limit?.most} ${plural}`).join(", ")}.`,
);

const resources = Object.entries(tags).map(([name, text]) => `- **${name}**: ${text}`);

const codes = Object.entries(catalogue).map(
  // The names of the catalogue, which entries lose.
  ([code, status]) => `| ${status} | \`${code}\` | ${meanings[code as keyof typeof catalogue]} |`,
);

/** The introduction of the reference. */
export const introduction = `
The API of a chatbot platform that a team runs itself: bots, the backends that answer for them, the channels
they talk in, and every conversation.

## Base URL

All paths stand under \`/v1\` of the server that this document comes from: \`http://127.0.0.1:3000/v1\` on one machine, and
\`/v1\` of the \`ApiUrl\` that a deployment in AWS prints. A public GET also answers HEAD.

## Authentication

Send \`Authorization: Bearer sk_live_…\` with every request but the public ones. A key belongs to one team, and sees and
changes what that team has and nothing else. It has scopes: \`…:read\` for every GET, \`…:write\` for create, update, delete
and every other POST, without \`read\`; \`admin\` is everything, and needed for keys and the audit log. The schema \`Scope\`
lists them, and each operation says which it needs. Keep a key secret: in a browser everybody would see it.

## Getting an API key

Whoever runs the platform makes a team with its first key, and prints it once:

\`\`\`sh
npm run team -- create --name "Acme" --plan free
\`\`\`

With a key that has the scope \`admin\`, \`POST /v1/api-keys\` makes more, with fewer scopes and an end of their own. Keys can
be rotated with a grace in which the old value works beside the new one; a deleted one stops at once.

## Making requests

\`\`\`sh
export API=http://127.0.0.1:3000/v1 KEY=sk_live_…

curl -s $API/bots -H "Authorization: Bearer $KEY"
curl -s $API/bots -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"name": "Support Bot"}'
\`\`\`

JSON in and out, UTF-8, fields in \`snake_case\`; a body is at most 256 KiB. One resource stands in \`data\`; a list in \`data\`
with \`meta\` beside it; an error in \`error\`. Every answer has \`X-Request-Id\`.

Times are ISO 8601 in UTC with \`Z\`. Lengths of strings count code points. Unknown fields and unknown query parameters are
refused (422), so that a mistyped filter never returns everything. JSON of your own, such as \`metadata\`, comes back as it
was: what would not is refused, such as a whole number beyond 2^53, which would be rounded. Give an id of 64 bits as a
string; in the \`metadata\` of a backend's answer it becomes one by itself.

PATCH changes what it names: omitted fields stay, \`null\` clears a field that may be null, nested \`settings\` are merged.
In a POST null is the same as leaving out.

## Resources

${resources.join("\n")}

## Pagination

\`page\` and \`per_page\` choose a page; \`cursor\` goes on from \`meta.next_cursor\` and stays stable while rows are added. A
\`next_cursor\` of null is the only sign of the end. A page past the end is empty. Lists are newest first; conversations
by latest activity, messages and steps oldest first. Lists of conversations, executions and deliveries may lag a write by
about a second; reading one by its id never does.

## Filtering

Lists take filters as query parameters, which each operation names: \`GET /v1/bots?status=active&name=support\`. Several
must all fit. \`…_after\` includes its moment, \`…_before\` does not. A cursor belongs to the filters that it was given for.

## Error handling

\`\`\`json
{
  "error": {
    "code": "validation_error",
    "message": "The request has 1 problem.",
    "request_id": "req_01jd7zq3c8e9v5r2k4m6n8p0ab",
    "details": [{ "path": "body.name", "message": "Must be 1 to 100 characters long." }]
  }
}
\`\`\`

Programs read \`code\`; \`message\` and \`details\` are for people and may change. Quote \`request_id\` when you ask for help.

| Status | Code | Meaning |
| --- | --- | --- |
${codes.join("\n")}

What does not exist, what belongs to another team and what has a malformed id all give the same 404. A second DELETE is a
404, so a DELETE that is repeated after a lost answer may see one.

## Status codes

| Status | Meaning |
| --- | --- |
| 200 | It is done, or was there already. |
| 201 | It is made; \`Location\` says where it is, if it has a path of its own. |
| 302 | It is at another address, for this one request. |
| 304 | The copy that you have is the newest. |
| 400, 401, 403, 404, 409, 413, 415, 422 | The request has to change before it is sent again: see the table above. Only \`idempotency_in_progress\` wants it as it is, after \`Retry-After\`. |
| 429, 500, 503 | Send it again as it is, after \`Retry-After\` where that is given. A POST that got 500 or 503 may have been done: only with its \`Idempotency-Key\` is it then done once. |

## Rate limits

Each API key may make so many requests in a minute: 60 on the free plan, 300 on pro, 1,000 on enterprise. The
\`X-RateLimit-…\` headers of each answer to a valid key say what is left and when the minute ends; beyond it comes 429
with \`Retry-After\`.

There can be so many of each resource, and one more is 409 \`conflict\`:

${limitsByParent.join("\n")}

## Webhooks

Endpoints of yours are told what happens, and each \`type\` of event stands below under *Events*. Calls follow
[Standard Webhooks](https://www.standardwebhooks.com): \`webhook-id\`, \`webhook-timestamp\` and \`webhook-signature\`, which is
\`v1,\` and the base64 HMAC-SHA256 of \`{id}.{timestamp}.{body}\` under the secret that create and rotate show once: its key
is what follows \`whsec_\`, decoded from base64. Verify the bytes as they came, before they are parsed, and refuse a
timestamp that is more than five minutes off:

\`\`\`js
import { Webhook } from "standardwebhooks";

const event = new Webhook("whsec_…").verify(body, headers); // throws what is not ours
\`\`\`

Answer 2xx within 15 seconds. What fails is tried again for three days, later where \`Retry-After\` asks for it; an endpoint
that answers 410 or fails everything for five days is disabled. An event may come more than once and in any order:
\`webhook-id\` tells what you have had. Callbacks of agent loops and calls of backends are signed in the same way, the
latter described under *Backends*.

## Idempotency

Every POST takes \`Idempotency-Key\`, 1 to 255 printable characters of which a new UUID is a good choice. The first answer
(2xx, and 4xx but for 401, 403, 429 and conflicts of the key itself) is kept for 24 hours and given again with
\`Idempotent-Replayed: true\`; its \`request_id\` is the repeat's own. A key counts in the whole team, and a repeat has the
same method, path, query and body, byte for byte. Another request under the same key is 422 \`idempotency_key_reused\`, and
so is a repeat by another API key where the answer holds a secret; one that is still running, or broke off less than a
minute ago, is 409 \`idempotency_in_progress\`. Repeat 429, 500 and 503 with the same key, so that nothing is made twice.

## Versioning

\`/v1\` changes only in ways that a tolerant client does not feel: answers gain fields, requests gain optional ones,
enumerations (\`x-extensible-enum\`) gain values, and there are new operations, events and codes of errors. Pass over what
you do not know. What would break clients gets a path of its own, and what is to go is marked \`deprecated\` here first.
\`info.version\` is that of the server, as \`GET /v1/health\` says it.

## SDKs

This document is made to be read by generators: every shape has one name, unions have discriminators, and
\`x-sdk-method\` names each operation as an SDK's method, such as \`agentLoops.listExecutions\`. It is at
\`/v1/openapi.json\`, compressed for whoever takes \`gzip\`, with an \`ETag\`.
`.trim();
