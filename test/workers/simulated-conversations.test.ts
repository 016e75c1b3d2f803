import { describe, expect, it } from "@jest/globals";
import { caseOf, plainCase } from "#lib/simulation/cases";
import { conversations } from "#lib/simulation/conversations/conversations";
import type { ChatStory } from "#lib/simulation/conversations/story";
import type { MishapPlan } from "#lib/simulation/mishaps";
import { drawn, useSimulation } from "#test/support/simulated-cases";

const { simulated, allOf, everyMishap } = useSimulation();

describe("Conversations", () => {
  const [one, goingOn, , failing, group] = conversations.known;
  const collected = conversations.known.at(-1);

  it("ask the backend once about each message when nothing goes wrong", async () => {
    const { calls, ...outcome } = await simulated(plainCase(conversations));
    expect(outcome).toMatchObject({
      problems: [],
      faults: 0,
      figures: { conversations: 1, messages: 1, "replies sent": 1 },
    });
    expect(calls.map((call) => /^.*?: \w+/.exec(call)?.[0])).toEqual([
      "say: GetItem",
      "say: BatchGetItem",
      "say: Query",
      "say: TransactWriteItems",
      "say: SendMessage",
      "inbound: ChangeMessageVisibility",
      "inbound: UpdateItem",
      "inbound: Query",
      "inbound: BatchGetItem",
      "inbound: Query",
      // The team's data key, which a warm worker has.
      "inbound: GetItem",
      "inbound: backend",
      "inbound: TransactWriteItems",
      // The channel is told of the first reply in a minute.
      "inbound: UpdateItem",
      "source of inbound: DeleteMessage",
    ]);
  });

  it.each<[string, ChatStory | undefined]>([
    ["a message that begins one", one],
    ["messages in one that goes on", goingOn],
    ["one of two users that is deleted", group],
    ["messages whose backends fail", failing],
    ["messages that are collected", collected],
  ])("keep every promise whatever befalls any one call of %s", async (_, story = one) => {
    const { failures, mishaps, calls } = await everyMishap(conversations, story);
    expect(failures).toEqual([]);
    expect(mishaps).toBeGreaterThanOrEqual(6 * calls);
  });

  it("keep every promise whatever befalls while the sweeper finds a lost message", async () => {
    let lost = false;
    const losing: MishapPlan = ({ operation }, index) => {
      if (index === 0) lost = false;
      if (lost || operation !== "SendMessage") return undefined;
      lost = true;
      return { kind: "lost" };
    };
    const { failures, mishaps, calls } = await everyMishap(conversations, one, losing);
    expect(failures).toEqual([]);
    expect(mishaps).toBeGreaterThanOrEqual(7 * calls);
  });
});

it("Stories of conversations keep every promise in foul weather", async () => {
  const { failures, mishaps } = await allOf(drawn(conversations, 150));
  expect(failures).toEqual([]);
  expect(mishaps).toBeGreaterThan(150);
});

it("The same seed gives the same run of conversations, call by call", async () => {
  for (const [name, one] of drawn(conversations, 20)) {
    const first = await simulated(one);
    const number = Number(name.split(" ").at(-1));
    expect(await simulated(caseOf(conversations, 1, number))).toEqual(first);
  }
});
