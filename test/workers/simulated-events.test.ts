import { describe, expect, it } from "@jest/globals";
import { caseOf, plainCase } from "#lib/simulation/cases";
import { events } from "#lib/simulation/events/events";
import type { EventStory } from "#lib/simulation/events/story";
import { drawn, useSimulation } from "#test/support/simulated-cases";

const { simulated, allOf, everyMishap } = useSimulation();

describe("Events", () => {
  const [message, failure, execution, gone] = events.known;

  it("are told once, by a transaction and a delivery, when nothing goes wrong", async () => {
    const { calls, ...outcome } = await simulated(plainCase(events));
    expect(outcome).toMatchObject({
      problems: [],
      faults: 0,
      figures: { facts: 1, events: 1, "deliveries succeeded": 1 },
    });
    const made = calls.flatMap((call) => /^(?:say|deliveries): \w+/.exec(call) ?? []);
    expect(made.slice(made.indexOf("say: BatchGetItem"))).toEqual([
      "say: BatchGetItem",
      "say: Query",
      "say: TransactWriteItems",
      "say: SendMessage",
      "say: SendMessageBatch",
      "deliveries: ChangeMessageVisibility",
      "deliveries: UpdateItem",
      // The endpoint, the event, and the team's data key, which a warm worker has.
      "deliveries: GetItem",
      "deliveries: GetItem",
      "deliveries: GetItem",
      "deliveries: receiver",
      "deliveries: UpdateItem",
    ]);
  });

  it.each<[string, EventStory | undefined]>([
    ["a message that is told", message],
    ["a backend that fails", failure],
    ["an execution whose event is told twice", execution],
    ["a receiver that is gone", gone],
  ])("keep every promise whatever befalls any one call of %s", async (_, story = message) => {
    const { failures, mishaps, calls } = await everyMishap(events, story);
    expect(failures).toEqual([]);
    expect(mishaps).toBeGreaterThanOrEqual(6 * calls);
  });
});

it("Stories of events keep every promise in foul weather", async () => {
  const { failures, mishaps } = await allOf(drawn(events, 150));
  expect(failures).toEqual([]);
  expect(mishaps).toBeGreaterThan(150);
});

it("The same seed gives the same run of events, call by call", async () => {
  for (const [name, one] of drawn(events, 20)) {
    const first = await simulated(one);
    const number = Number(name.split(" ").at(-1));
    expect(await simulated(caseOf(events, 1, number))).toEqual(first);
  }
});
