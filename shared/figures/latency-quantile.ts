import { type Added, bucketEnd, type Figure } from "./figures.ts";

/**
 * The milliseconds within which this part of the replies was there, as if those of a bucket were spread evenly over it;
 * null without replies.
 */
export function latencyQuantile(part: number, counts: Added<Figure>): number | null {
  const buckets = Object.entries(counts)
    .flatMap(([name, count = 0]) => {
      const [, bucket] = /^latency_(\d+)$/.exec(name) ?? [];
      return bucket === undefined || count <= 0 ? [] : [{ bucket: Number(bucket), count }];
    })
    .toSorted((one, other) => one.bucket - other.bucket);
  const wanted = part * buckets.reduce((sum, { count }) => sum + count, 0);
  let before = 0;
  for (const [index, { bucket, count }] of buckets.entries()) {
    if (before + count >= wanted || index === buckets.length - 1) {
      const begin = bucket === 0 ? 0 : bucketEnd(bucket - 1);
      return begin + ((wanted - before) / count) * (bucketEnd(bucket) - begin);
    }
    before += count;
  }
  return null;
}
