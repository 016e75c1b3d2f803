import { type Noun, nouns } from "#shared/runtime/nouns";

const limited = Object.values(nouns).filter(({ limit }) => limit !== undefined);
const parentOf = ({ under }: Noun) => (under ? nouns[under.noun] : nouns.teams).singular;

/** `bot: 20 integrations, 20 channels.` */
const limitsByParent = [...Map.groupBy(limited, parentOf)].map(
  ([parent, group]) =>
    `${parent}: ${group.map(({ limit, plural }) => `${limit?.most} ${plural}`).join(", ")}.`,
);

/** The introduction of the reference. */
export const introduction = `
The API of a chatbot platform that a team runs itself: bots, the backends that answer for them, the channels
they talk in, and every conversation.

## Requests

JSON in and out, UTF-8, fields in \`snake_case\`; a body is at most 256 KiB. Times are ISO 8601 in UTC with \`Z\`;
\`…_after\` includes its moment, \`…_before\` does not. Lengths of strings count code points. Unknown fields and unknown
query parameters are refused (422), so that a mistyped filter never returns everything. JSON of your own, such as
\`metadata\`, comes back as it was: what would not is refused, such as a whole number beyond 2^53, which would be rounded.
Give an id of 64 bits as a string; in the \`metadata\` of a backend's answer it becomes one by itself.

Send \`Authorization: Bearer sk_live_…\` with every request but the public ones. A key has scopes; \`write\` covers
create, update, delete and every other POST, does not include \`read\`, and \`admin\` is everything. Keys can end,
and be rotated with a grace in which the old value works beside the new one; a deleted one stops at once. A public GET
also answers HEAD.

## Answers

One resource stands in \`data\`; a list in \`data\` with \`meta\` beside it; an error in \`error\`. Every answer has
\`X-Request-Id\`. Answers may gain fields, and enumerations values: ignore what you do not know.
What does not exist, what belongs to another team and what has a malformed id all give the same 404.

PATCH changes what it names: omitted fields stay, \`null\` clears a field that may be null, nested \`settings\` are merged.
A second DELETE is a 404, so a DELETE that is repeated after a lost answer may see one.

## Lists

\`page\` and \`per_page\` choose a page; \`cursor\` goes on from \`meta.next_cursor\` and stays stable while rows are added.
Lists are newest first; conversations by latest activity, messages oldest first. Lists of conversations may lag a write
by about a second; reading one by its id never does.

## Repeating requests

Every POST takes \`Idempotency-Key\`. The first answer (2xx, and 4xx but for 401, 403, 429 and conflicts of the key
itself) is kept for 24 hours and given again with \`Idempotent-Replayed: true\`; its \`request_id\` is the repeat's own.
Another request under the same key is 422 \`idempotency_key_reused\`; one that is still running is 409
\`idempotency_in_progress\`. Repeat 429, 500 and 503 with the same key, after \`Retry-After\` where it is given.

## Limits

Each API key may make so many requests in a minute: 60 on the free plan, 300 on pro, 1,000 on enterprise; the
\`X-RateLimit-…\` headers say what is left. Per ${limitsByParent.join(" Per\n")} One more is 409 \`conflict\`.
`.trim();
