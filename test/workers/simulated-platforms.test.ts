import { describe, expect, it } from "@jest/globals";
import { caseOf, plainCase } from "#lib/simulation/cases";
import type { MishapPlan } from "#lib/simulation/mishaps";
import { storiesOf } from "#lib/simulation/platforms/known-stories";
import { platforms } from "#lib/simulation/platforms/platforms";
import type { PlannedUpdate, PlatformStory } from "#lib/simulation/platforms/story";
import type { Store } from "#lib/simulation/store";
import { drawn, type Row, useSimulation } from "#test/support/simulated-cases";

const { store, simulated, allOf, everyMishap, leavingOut } = useSimulation();
const [twoParts, album] = platforms.known;
const [said] = twoParts.messages as [PlannedUpdate];

it("A message is answered once, part by part, when nothing goes wrong", async () => {
  const story: PlatformStory = { ...twoParts, messages: [{ ...said, atMs: [0] }] };
  const { calls, ...outcome } = await simulated(plainCase(platforms, story));
  expect(outcome).toMatchObject({
    problems: [],
    faults: 0,
    figures: { messages: 1, "replies sent": 1, "parts sent": 2, "parts doubled": 0 },
  });
  expect(calls.map((call) => call.replace(/(CHANNEL#).*/, "$1"))).toEqual([
    "hook: GetItem HOOK HOOK",
    "hook: BatchGetItem",
    "hook: Query",
    "hook: TransactWriteItems",
    "hook: SendMessage inbound",
    "inbound: ChangeMessageVisibility inbound",
    "inbound: UpdateItem CONVERSATION WORK",
    "inbound: Query",
    "inbound: BatchGetItem",
    "inbound: Query",
    // The team's data key, which a warm worker has.
    "inbound: GetItem TEAM DATA_KEY#1",
    "inbound: telegram signs",
    "inbound: backend",
    "inbound: TransactWriteItems",
    "inbound: GetItem BOT CHANNEL#",
    "inbound: telegram sends",
    "inbound: TransactWriteItems",
    "inbound: telegram sends",
    "inbound: TransactWriteItems",
    "inbound: UpdateItem BOT CHANNEL#",
    "source of inbound: DeleteMessage inbound",
  ]);
});

// The two ways of a message: alone in its parts, and as an album. What else can befall is drawn.
it.each<[string, PlatformStory | undefined]>([
  ["a message and its reply in two parts", twoParts],
  ["an album", album && { ...album, messages: album.messages.slice(0, 2) }],
])("Every promise is kept whatever befalls any one call of %s", async (_, story = twoParts) => {
  const { failures, mishaps, calls } = await everyMishap(platforms, story);
  expect(failures).toEqual([]);
  expect(mishaps).toBeGreaterThanOrEqual(6 * calls);
});

it.each(["telegram", "slack", "discord", "whatsapp"] as const)(
  "Every known story of %s ends as it should when nothing goes wrong",
  async (name) => {
    const stories = storiesOf(name).entries();
    const cases = [...stories].map(([at, one]) => [`${name} ${at}`, plainCase(platforms, one)]);
    expect(await allOf(cases as [string, ReturnType<typeof plainCase>][])).toEqual({
      failures: [],
      mishaps: 0,
    });
  },
);

it("Every promise is kept in foul weather, and no part comes twice without a reason", async () => {
  const { failures, mishaps } = await allOf(drawn(platforms, 60));
  expect(failures).toEqual([]);
  expect(mishaps).toBeGreaterThan(60);
});

it("The same seed gives the same run, call by call", async () => {
  for (const [name, one] of drawn(platforms, 6)) {
    const first = await simulated(one);
    const number = Number(name.split(" ").at(-1));
    expect(await simulated(caseOf(platforms, 1, number))).toEqual(first);
  }
});

describe("The simulation sees when", () => {
  it("a message is kept twice", async () => {
    const over = leavingOut(({ sk }) => sk?.S === "RECEIPT");
    const { problems } = await simulated(plainCase(platforms), over);
    expect(problems).toContainEqual(expect.stringMatching(/question 0 is kept 2 times/));
  });

  /** Lets a process die while it sends the n-th part. */
  const dyingAt = (nth: number): MishapPlan => {
    let sends = 0;
    return ({ operation }) =>
      operation === "telegram sends" && ++sends === nth
        ? { kind: "crash_after", ms: 0 }
        : undefined;
  };

  it("a part that was written down is sent again", async () => {
    const isProgress = (part: unknown) => /"parts_sent"(?!.*"delivery")/.test(JSON.stringify(part));
    const over: Store = {
      ...store(),
      run: (operation, input, options) => {
        const parts = input["TransactItems"] as readonly unknown[] | undefined;
        const TransactItems = parts?.filter((part) => !isProgress(part));
        return store().run(operation, parts ? { ...input, TransactItems } : input, options);
      },
    };
    const { problems } = await simulated({ ...plainCase(platforms), mishaps: dyingAt(2) }, over);
    expect(problems).toContainEqual(
      expect.stringMatching(/answer 0.0 was sent and is not written down/),
    );
  });

  it("a reply is said to be sent of which a part is missing", async () => {
    const over: Store = {
      ...store(),
      run: (operation, input, options) => {
        const answer = store().run(operation, input, options);
        const { Item } = answer as { readonly Item?: Row };
        return operation === "GetItem" && Item?.["attachments"]
          ? { ...(answer as object), Item: { ...Item, attachments: { L: [] } } }
          : answer;
      },
    };
    const { problems } = await simulated({ ...plainCase(platforms), mishaps: dyingAt(1) }, over);
    expect(problems).toContainEqual(expect.stringMatching(/is sent, and only 1 parts of it are/));
  });

  /** A table that writes and reads one word for another. */
  const mistaking = (word: string, other: string): Store => ({
    ...store(),
    run: (operation, input, options) => {
      const told = JSON.stringify(input).replaceAll(word, other);
      // There are no bytes in it: they are text by now.
      return store().run(operation, JSON.parse(told) as typeof input, options);
    },
  });

  it("a channel with a dead token stays connected", async () => {
    const story: PlatformStory = { ...twoParts, acts: [{ atMs: 1, does: "revoke" }] };
    const over = mistaking('"disconnected"', '"connected"');
    const { problems } = await simulated(plainCase(platforms, story), over);
    expect(problems).toContainEqual("the channel is connected");
  });

  it("a message that stood in for a sign of life is left", async () => {
    const over = mistaking("temporary_messages", "forgotten");
    const { problems } = await simulated(plainCase(platforms, storiesOf("slack")[0]), over);
    expect(problems).toContainEqual(expect.stringMatching(/still says that it thinks/));
  });

  it("a reply that did not arrive counts as sent", async () => {
    const over = mistaking("failed_later", "forgotten");
    const { problems } = await simulated(plainCase(platforms, storiesOf("whatsapp")[0]), over);
    expect(problems).toContainEqual(expect.stringMatching(/did not arrive and is sent/));
  });

  it("a file stays at the platform", async () => {
    const story: PlatformStory = { ...twoParts, messages: [{ ...said, file: "picture" }] };
    const over = mistaking('"files"', '"forgotten"');
    const { problems } = await simulated(plainCase(platforms, story), over);
    expect(problems).toContainEqual(expect.stringMatching(/is shown/));
  });

  it("somebody who was erased is still named", async () => {
    const over: Store = {
      ...store(),
      run: (operation, input, options) =>
        operation === "BatchWriteItem" && JSON.stringify(input).includes("ALIASES")
          ? { UnprocessedItems: {} }
          : store().run(operation, input, options),
    };
    const { problems } = await simulated(plainCase(platforms, storiesOf("whatsapp")[1]), over);
    expect(problems).toContainEqual(expect.stringMatching(/still names/));
  });
});
