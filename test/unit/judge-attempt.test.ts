import { describe, expect, it } from "@jest/globals";
import type { Attempt } from "#shared/deliveries/delivery";
import { judgeAttempt } from "#shared/webhooks/judge-attempt";
import type { StoredWebhook } from "#shared/webhooks/webhook";

const team = "team_01jd7zq3c8e9v5r2k4m6n8p0ab";
const now = Date.parse("2026-03-10T00:00:00.000Z");
const hour = 3_600_000;
const ago = (hours: number) => new Date(now - hours * hour).toISOString();

const webhook: StoredWebhook = {
  id: "wh_01jd7zq3c8e9v5r2k4m6n8p0ab",
  url: "https://example.com/hooks",
  events: ["*"],
  description: null,
  status: "active",
  disabled_reason: null,
  signing_secret: { ciphertext: Buffer.of(1), mask: "••••", key: 1 },
  version: 3,
  created_at: ago(1_000),
  updated_at: ago(1_000),
};
const attempt = (status_code: number | null): Attempt => ({
  at: ago(0),
  status_code,
  duration_ms: 1,
  response: null,
  error: status_code === 200 ? null : "It failed.",
});
const failed = attempt(500);

const judge = (status: Attempt, of: Partial<StoredWebhook> = {}, is: Partial<StoredWebhook> = of) =>
  judgeAttempt(team, { ...webhook, ...of }, { ...webhook, ...is }, status, now);
const changeOf = (...given: Parameters<typeof judge>) => {
  const { part } = judge(...given);
  return part && "update" in part ? part.change : undefined;
};
const failing = (since: number, until: number) => ({
  failing: { since: ago(since), until: ago(until) },
});
const begun = { set: { failing: { since: ago(0), until: ago(0) } } };
const disabled = (disabled_reason: string) => ({
  set: { status: "disabled", disabled_reason, version: 4, updated_at: ago(0) },
  remove: ["failing"],
});

describe("What an attempt says about its endpoint", () => {
  it.each<[string, Attempt, Partial<StoredWebhook>, object | undefined]>([
    ["nothing when all is well", attempt(200), {}, undefined],
    ["that it is well again", attempt(200), failing(100, 1), { remove: ["failing"] }],
    ["that it begins to fail", failed, {}, begun],
    ["the same when nobody answers", attempt(null), {}, begun],
    ["nothing new within an hour", failed, failing(100, 0.9), undefined],
    [
      "that it still fails, after an hour",
      failed,
      failing(100, 1),
      { set: { failing: { since: ago(100), until: ago(0) } } },
    ],
    ["that it still fails, on the fifth day", failed, failing(120, 0.5), undefined],
    ["that it is to be disabled after five days", failed, failing(120.1, 0.5), disabled("failing")],
    ["the same after a night without attempts", failed, failing(130, 47), disabled("failing")],
    ["that it fails anew after two days without an attempt", failed, failing(130, 49), begun],
    [
      "that it fails anew since its team changed it",
      failed,
      { ...failing(130, 1), updated_at: ago(20) },
      begun,
    ],
    ["that it is to be disabled when it is gone", attempt(410), {}, disabled("receiver_gone")],
    ["the same when it has failed before", attempt(410), failing(1, 1), disabled("receiver_gone")],
  ])("is %s", (_, status, of, change) => {
    expect(changeOf(status, of)).toEqual(change);
  });

  it("counts only for the endpoint that was called, while its team leaves it alone", () => {
    const before = failing(130, 1);
    for (const status of [attempt(200), failed, attempt(410)]) {
      expect(judge(status, before, { ...before, version: 4 })).toEqual({ isChanged: true });
      expect(judge(status, before, { ...before, status: "disabled", version: 4 })).toEqual({});
      expect(judgeAttempt(team, webhook, undefined, status, now)).toEqual({});
    }
  });

  it("is judged by what others have written meanwhile", () => {
    expect(changeOf(failed, {}, failing(0.1, 0.1))).toBeUndefined();
    expect(changeOf(failed, failing(130, 1), {})).toEqual(begun);
    expect(changeOf(attempt(200), failing(130, 1), {})).toBeUndefined();
  });

  it("is written only over what was judged", () => {
    const { part } = judge(failed, failing(130, 1));
    expect(part).toMatchObject({
      update: { pk: `TEAM#${team}`, sk: `WEBHOOK#${webhook.id}` },
      condition: {
        is: "and",
        parts: [
          { is: "=", attribute: "status", value: "active" },
          { is: "=", attribute: "version", value: 3 },
          { is: "=", attribute: "failing", value: failing(130, 1).failing },
        ],
      },
    });
  });
});
