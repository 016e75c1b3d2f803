import { invalid } from "../errors/api-error.ts";

/**
 * The most bytes of a function's answer, less room for what stands around the body.
 * Source: AWS Lambda quotas, "Invocation payload", 6 MB for synchronous ones.
 */
const most = 6 * 1024 * 1024 - 16 * 1024;
/** Bytes that a unit of a body takes at the most, itself written as JSON. */
const widest = 3;

/**
 * Refuses a page that Lambda would not let through, with how many rows may. One row is never too large: bounds of what
 * is kept see to that, as a test holds for each kind of answer.
 */
export function checkPageSize(body: string, rows: number): void {
  if (rows < 2 || body.length * widest <= most) return;
  const bytes = Buffer.byteLength(JSON.stringify(body));
  if (bytes <= most) return;
  const fewer = Math.max(1, Math.floor((0.9 * rows * most) / bytes));
  throw invalid("query.per_page", `Must be about ${fewer} here: more of these rows exceed 6 MB.`);
}
