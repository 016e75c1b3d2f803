import { describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { costOf, withLog } from "#test/support/log-lines";
import { aLoop, aWebhookEndpoint } from "#test/support/make";
import { type TestTeam, usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
const receiver = useFakeBackend(answers.html("ok"));
const backend = useFakeBackend(answers.status(503));

/** What something costs with all that follows from it, in a team with so many endpoints. */
async function costWith(
  endpoints: number,
  begin: (team: TestTeam) => Promise<() => Promise<unknown>>,
) {
  const team = await platform.team();
  const run = await begin(team);
  // What comes first makes rows that are there then.
  await run();
  for (let made = 0; made < endpoints; made++) {
    const url = `${receiver.url}/hooks/chatbot-platform`;
    await aWebhookEndpoint(platform, team.key, { url, events: ["*"] });
  }
  await run();
  const { lines } = await withLog(run);
  return costOf(lines);
}

/** The write units of one event and its deliveries. */
async function writesOf(endpoints: number, begin: Parameters<typeof costWith>[1]) {
  const [without, with_] = [await costWith(0, begin), await costWith(endpoints, begin)];
  return with_.writes - without.writes;
}

const saying = (backend_url?: string) => async (team: TestTeam) => {
  const url = backend_url === undefined ? {} : { backend_url };
  const chat = await openWebChat(platform, { team, ...url });
  return () => chat.talk("How late are you open today?");
};

describe("An event costs in write units, from its report to the record of its delivery,", () => {
  it("nothing where nobody wants it, and one read for asking who does", async () => {
    expect(await costWith(0, saying())).toEqual({ calls: 12, reads: 11, writes: 26 });
  });

  it("12 for a message with one endpoint, of which 2 count it", async () => {
    expect(await writesOf(1, saying())).toBe(12);
  });

  it("166 for a message with 20 endpoints: 4 for the event, which names its deliveries, 8 for each, and 2 that count them", async () => {
    expect(await writesOf(20, saying())).toBe(166);
  });

  it("10 for an execution that ends", async () => {
    const running = async (team: TestTeam) => {
      const { id } = await aLoop(platform, team.key);
      return async () => {
        await platform.call("runAgentLoop", { as: team.key, params: { id } });
        await platform.settle();
      };
    };
    expect(await writesOf(1, running)).toBe(10);
  });

  it("12 for a backend that fails, of which 2 count it", async () => {
    const both = await writesOf(1, saying(backend.url));
    expect(both - (await writesOf(1, saying()))).toBe(12);
  });
});

describe("An attempt at a backend that fails", () => {
  it("costs 4 write units, and 2 more for each of the first five: they stand in the row of the integration", async () => {
    const chat = await openWebChat(platform, { backend_url: backend.url });
    const run = () => chat.talk("How late are you open today?");
    await run();
    const writes = [];
    for (let count = 2; count <= 7; count++) {
      const { lines } = await withLog(run);
      writes.push(costOf(lines).writes);
    }
    // A message that is answered costs 26.
    expect(writes).toEqual([32, 32, 32, 32, 30, 30]);
  });
});
