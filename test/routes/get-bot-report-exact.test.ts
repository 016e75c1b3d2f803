import { describe, expect, it } from "@jest/globals";
import { type Added, bucketOf, type Figure, figuresPart } from "#shared/figures/figures";
import { BackendErrorCode } from "#shared/integrations/backend-error-code";
import { chooseBackends, drawn } from "#shared/integrations/choose-backends";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import type { Id } from "#shared/runtime/ids";
import { conversationNumber } from "#test/support/count-figures";
import { aBot, created } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const messages = 10_000;
const dayMs = 24 * 60 * 60 * 1_000;
const codes = BackendErrorCode.options;

/** What became of one call of one integration. */
interface Call {
  readonly integration_id: Id<"int">;
  readonly isFirst: boolean;
  readonly code?: BackendErrorCode;
  readonly ms: number;
  readonly tokens: readonly [input: number, output: number, cached: number];
}

/** What became of one message. */
interface Turn {
  readonly number: number;
  readonly at: number;
  readonly calls: readonly Call[];
  readonly rating?: "up" | "down";
}

/** How often each fails, by its name. */
const failing: Readonly<Record<string, number>> = { Old: 0.1, New: 0.3, Spare: 0.5 };

/** A bot that asks two integrations at 3:1, and a third where one of them fails. */
async function aComparingBot() {
  const team = await platform.team();
  const bot_id = await aBot(platform, team.key);
  const add = async (fields: object) => {
    platform.advance(1);
    const request = { as: team.key, params: { bot_id } };
    const body = { url: "https://backend.example.com/chat", ...fields };
    return created<"int">(platform, "createIntegration", { ...request, body });
  };
  const old = await add({ name: "Old", weight: 3 });
  const fresh = await add({ name: "New", weight: 1 });
  const spare = await add({ name: "Spare", fallback: true });
  const integrations = await createIntegrationStore(platform.table).list(team.id, bot_id);
  const report = async () => {
    const request = { as: team.key, params: { bot_id } };
    return (await platform.call("getBotReport", request)).body.data;
  };
  return { team, bot_id, old, fresh, spare, integrations, report };
}

type Bot = Awaited<ReturnType<typeof aComparingBot>>;

/** What becomes of a message, drawn by its id. */
function turnOf({ integrations }: Bot, number: number): Turn {
  const id: Id<"msg"> = `msg_${String(number).padStart(26, "0")}`;
  const at = platform.clock() - (number % 5) * dayMs;
  const calls: Call[] = [];
  const backends = chooseBackends(integrations, id, { now: at });
  for (const [place, { id: integration_id, name }] of backends.entries()) {
    const luck = (what: string) => drawn(what, name, id);
    const ms = Math.round(5 + 20_000 * luck("ms") ** 4);
    const tokens = [
      Math.floor(luck("in") * 900),
      Math.floor(luck("out") * 90),
      number % 3,
    ] as const;
    const code = codes[Math.floor(luck("code") * codes.length)]!;
    const hasFailed = luck("fails") < failing[name]!;
    calls.push({ integration_id, isFirst: place === 0, ms, tokens, ...(hasFailed && { code }) });
    if (!hasFailed) break;
  }
  const rating = drawn("rating", id) < 0.2 ? (drawn("up", id) < 0.7 ? "up" : "down") : undefined;
  return { number, at, calls, ...(rating && { rating }) };
}

/** Counts a message as the worker does: each call where it belongs, and what users say of the reply. */
async function count({ team, bot_id }: Bot, { number, at, calls, rating }: Turn): Promise<void> {
  const conversation_id = conversationNumber(number % 700);
  const part = (integration_id: Id<"int"> | "none", added: Added<Figure>) =>
    figuresPart(team.id, { bot_id, integration_id, conversation_id }, at, added);
  const rated = rating && { [`feedback_${rating}`]: 1 };
  const ofCalls = calls.map(({ integration_id, isFirst, code, ms, tokens }) => {
    const [input_tokens, output_tokens, cached_tokens] = tokens;
    return part(integration_id, {
      ...(isFirst && { asked_first: 1 }),
      ...(code
        ? { [`failed_${code}`]: 1 }
        : {
            replies: 1,
            ...(!isFirst && { fallbacks: 1 }),
            [`latency_${bucketOf(ms)}`]: 1,
            input_tokens,
            output_tokens,
            cached_tokens,
            ...rated,
          }),
    });
  });
  const isAnswered = calls.some(({ code }) => !code);
  const ofNone = isAnswered ? [] : [part("none", { unanswered: 1, ...rated })];
  const parts = [...ofCalls, ...ofNone].map((one, index) => [`part ${index}`, one] as const);
  await platform.table.transact(Object.fromEntries(parts));
}

const rounded = (value: number) => Math.round(value * 10_000) / 10_000;

/** The rate of successes and the two rates of which it is 1.96 standard errors away, by solving for them. */
function rateOf(successes: number, trials: number) {
  const value = successes / trials;
  // (value - rate)² = z² rate (1 - rate) / trials
  const [square, z] = [1 + 1.959963984540054 ** 2 / trials, 1.959963984540054];
  const linear = -(2 * value + z ** 2 / trials);
  const root = Math.sqrt(linear ** 2 - 4 * square * value ** 2);
  const [low, high] = [(-linear - root) / (2 * square), (-linear + root) / (2 * square)];
  return { value: rounded(value), low: rounded(low), high: rounded(high) };
}

/** What a report must say of these calls, from the list of all that was done. */
function countsOf(turns: readonly Turn[], isMeant: (call: Call) => boolean) {
  const calls = turns.flatMap((turn) => turn.calls).filter(isMeant);
  const replies = calls.filter(({ code }) => !code);
  const sum = (place: 0 | 1 | 2) => replies.reduce((all, { tokens }) => all + tokens[place], 0);
  return {
    attempts: calls.length,
    failures: Object.fromEntries(
      codes.map((code) => [code, calls.filter((call) => call.code === code).length]),
    ),
    replies: replies.length,
    fallbacks: replies.filter(({ isFirst }) => !isFirst).length,
    answer_rate: rateOf(replies.length, calls.length),
    tokens: { input: sum(0), output: sum(1), cached: sum(2) },
  };
}

function feedbackOf(turns: readonly Turn[]) {
  const up = turns.filter(({ rating }) => rating === "up").length;
  const down = turns.filter(({ rating }) => rating === "down").length;
  return { up, down, rate: rateOf(up, up + down) };
}

/** The integration that answered, if one did. */
const answeredBy = ({ calls }: Turn) => calls.find(({ code }) => !code)?.integration_id;

describe(`A report of ${messages} messages`, () => {
  it("says exactly what became of them", async () => {
    const bot = await aComparingBot();
    const turns = Array.from({ length: messages }, (_, number) => turnOf(bot, number));
    for (let done = 0; done < messages; done += 100) {
      await Promise.all(turns.slice(done, done + 100).map((turn) => count(bot, turn)));
    }
    const data = await bot.report();
    const all = () => true;
    const { latency_ms: _, ...total } = data.total;
    expect(total).toEqual({ ...countsOf(turns, all), feedback: feedbackOf(turns) });
    expect(data.unanswered).toBe(turns.filter((turn) => !answeredBy(turn)).length);

    const wanted = new Map([
      [bot.old, 0.75],
      [bot.fresh, 0.25],
    ]);
    for (const id of [bot.old, bot.fresh, bot.spare]) {
      const reported = data.integrations.find(
        (one: { integration_id: string }) => one.integration_id === id,
      );
      const { name, type, latency_ms, ...counts } = reported;
      const isOwn = ({ integration_id }: Call) => integration_id === id;
      const first = turns.filter(({ calls: [call] }) => call && isOwn(call));
      expect([name, type, counts]).toEqual([
        expect.any(String),
        "webhook",
        {
          integration_id: id,
          share: { wanted: wanted.get(id) ?? 0, got: rounded(first.length / messages) },
          ...countsOf(turns, isOwn),
          feedback: feedbackOf(turns.filter((turn) => answeredBy(turn) === id)),
        },
      ]);
      const waits = turns
        .flatMap(({ calls }) => calls.filter((call) => isOwn(call) && !call.code))
        .map(({ ms }) => ms)
        .toSorted((one, other) => one - other);
      for (const [part, ms] of [
        [0.5, latency_ms.p50],
        [0.95, latency_ms.p95],
      ]) {
        const exact = waits[Math.ceil(part * waits.length) - 1]!;
        // A bucket is a fifth wide, and milliseconds are whole.
        expect(ms).toBeGreaterThanOrEqual(exact / 1.2 - 1);
        expect(ms).toBeLessThanOrEqual(exact * 1.2 + 1);
      }
    }
    // The draw keeps to the weights: what it got is less than 4 standard errors away from them.
    const { got } = data.integrations.find(
      (one: { integration_id: string }) => one.integration_id === bot.old,
    ).share;
    expect(Math.abs(got - 0.75)).toBeLessThan(4 * Math.sqrt((0.75 * 0.25) / messages));
  });
});
