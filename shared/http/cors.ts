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

/** What pages of other origins are told. */
export interface Cors {
  /** Lets them read an answer. */
  readonly answers: Readonly<Record<string, string>>;
  /** What a browser is told before it sends their request. */
  readonly preflight: Readonly<Record<string, string>>;
}

/** For pages of every origin. */
export const everyOrigin: Cors = {
  answers: {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": shownToPages.join(","),
  },
  preflight: {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "*",
    // The asterisk means every header but this one.
    "access-control-allow-headers": "authorization,*",
    "access-control-max-age": "3600",
  },
};
