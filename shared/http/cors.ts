/** Headers that a page of another origin may send: what the chain reads. */
export const sentByPages = ["authorization", "content-type", "idempotency-key"];

/** Headers of answers that a page of another origin may read. */
export const shownToPages = [
  "x-request-id",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
  "retry-after",
  "location",
  "etag",
  "idempotent-replayed",
];

/** Lets pages of every origin read an answer. */
export const everyOrigin = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": shownToPages.join(","),
};

/** What a browser is told before it sends another origin's request. The asterisk means every header but this one. */
export const preflight = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "*",
  "access-control-allow-headers": "authorization,*",
  "access-control-max-age": "3600",
};
