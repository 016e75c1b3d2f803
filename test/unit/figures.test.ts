import { describe, expect, it } from "@jest/globals";
import { type Added, bucketEnd, bucketOf, type Figure } from "#shared/figures/figures";
import { latencyQuantile } from "#shared/figures/latency-quantile";
import { sumOf } from "#shared/figures/sum";
import { wilsonInterval } from "#shared/figures/wilson-interval";

/** From 0 to below 1, the same each time. */
function luck(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Where a function that rises, or falls, between two places is 0. */
function zeroOf(valueAt: (place: number) => number, low: number, high: number): number {
  const rises = valueAt(high) > 0;
  let [begin, end] = [low, high];
  for (let step = 0; step < 200; step++) {
    const middle = (begin + end) / 2;
    if (valueAt(middle) > 0 === rises) end = middle;
    else begin = middle;
  }
  return (begin + end) / 2;
}

describe("the interval of Wilson", () => {
  // R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("is as published for %i of %i", (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  it("has at its ends the rates of which what was seen is just 1.96 standard errors away", () => {
    const random = luck(1);
    for (let run = 0; run < 500; run++) {
      const trials = 1 + Math.floor(random() * 10 ** (1 + 4 * random()));
      const successes = Math.floor(random() * (trials + 1));
      const seen = successes / trials;
      const away = (side: 1 | -1) => (rate: number) =>
        side * (rate - seen) - 1.959963984540054 * Math.sqrt((rate * (1 - rate)) / trials);
      const low = successes === 0 ? 0 : zeroOf(away(-1), 0, seen);
      const high = successes === trials ? 1 : zeroOf(away(1), seen, 1);
      const interval = wilsonInterval(successes, trials);
      expect(interval[0]).toBeCloseTo(low, 9);
      expect(interval[1]).toBeCloseTo(high, 9);
    }
  });

  it("knows nothing without trials", () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });
});

const countsOf = (latencies: readonly number[]): Added<Figure> =>
  sumOf(latencies.map((ms) => ({ counts: { [`latency_${bucketOf(ms)}`]: 1 } as Added<Figure> })))
    .counts;

describe("buckets of latencies", () => {
  it("hold each latency between the end of the one before and their own", () => {
    for (let ms = 0; ms < 270_000; ms += 1 + Math.floor(ms / 50)) {
      const bucket = bucketOf(ms);
      expect(ms).toBeLessThanOrEqual(bucketEnd(bucket) * (1 + 1e-12));
      if (bucket > 0) expect(ms).toBeGreaterThan(bucketEnd(bucket - 1) * (1 - 1e-12));
    }
    expect(bucketEnd(bucketOf(10 ** 9))).toBeGreaterThan(240_000);
  });
});

describe("a quantile of latencies", () => {
  it("is null without replies", () => {
    expect(latencyQuantile(0.5, {})).toBeNull();
    expect(latencyQuantile(0.5, { replies: 3, latency_4: 0 })).toBeNull();
  });

  it("lies in the bucket as far as its rank does", () => {
    expect(latencyQuantile(0.5, { latency_0: 4 })).toBeCloseTo(5, 9);
    expect(latencyQuantile(0.95, { latency_0: 100 })).toBeCloseTo(9.5, 9);
    // 12 to 14.4 ms.
    expect(latencyQuantile(0.5, { latency_0: 1, latency_2: 3 })).toBeCloseTo(12.8, 9);
    expect(latencyQuantile(1, { latency_9: 1, latency_2: 3 })).toBeCloseTo(bucketEnd(9), 9);
  });

  it("is where that part of the replies lies below, each bucket filled evenly", () => {
    const random = luck(2);
    for (let run = 0; run < 200; run++) {
      const latencies = Array.from({ length: 1 + Math.floor(random() * 300) }, () =>
        Math.round(10 ** (1 + 4 * random())),
      );
      const counts = countsOf(latencies);
      /** How many replies lie below, counted bucket by bucket. */
      const below = (ms: number) =>
        Object.entries(counts).reduce((sum, [name, count = 0]) => {
          const bucket = Number(name.slice("latency_".length));
          const begin = bucket === 0 ? 0 : bucketEnd(bucket - 1);
          const part = (ms - begin) / (bucketEnd(bucket) - begin);
          return sum + count * Math.min(1, Math.max(0, part));
        }, 0);
      for (const part of [0.5, 0.95]) {
        const found = latencyQuantile(part, counts)!;
        expect(below(found)).toBeCloseTo(part * latencies.length, 6);
      }
    }
  });

  it("is never further than a bucket from the latency of its rank", () => {
    const random = luck(3);
    for (let run = 0; run < 200; run++) {
      const latencies = Array.from({ length: 1 + Math.floor(random() * 300) }, () =>
        Math.round(10 ** (1 + 4 * random())),
      ).toSorted((one, other) => one - other);
      for (const part of [0.5, 0.95]) {
        const exact = latencies[Math.ceil(part * latencies.length) - 1]!;
        const found = latencyQuantile(part, countsOf(latencies))!;
        expect(bucketOf(found * (1 - 1e-9))).toBe(bucketOf(exact));
      }
    }
  });
});

describe("a sum of counts", () => {
  it("has each name once, and 0 for what was never counted", () => {
    const { counts, of } = sumOf<Figure>([
      { counts: { replies: 2, feedback_up: 1 } },
      { counts: { replies: 3, feedback_up: -1 } },
      { counts: {} },
    ]);
    expect(counts).toEqual({ replies: 5, feedback_up: 0 });
    expect([of("replies"), of("fallbacks")]).toEqual([5, 0]);
  });
});
