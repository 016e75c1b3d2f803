import { afterAll, describe, expect, it } from "@jest/globals";
import { askTheRest } from "#lib/ask-the-rest";
import { oneOfEach } from "#lib/one-of-each";
import { openBlackBox } from "#test/support/black-box";
import { askAs } from "#test/support/one-of-each";
import { agentLoops } from "./api/agent-loops.ts";
import { agentServers } from "./api/agent-servers.ts";
import { apiKeys } from "./api/api-keys.ts";
import { backends } from "./api/backends.ts";
import { bots } from "./api/bots.ts";
import { channels } from "./api/channels.ts";
import { conversations } from "./api/conversations.ts";
import { integrations } from "./api/integrations.ts";
import { onPlatforms } from "./api/platforms.ts";
import { requests } from "./api/requests.ts";
import { schedules } from "./api/schedules.ts";
import { system } from "./api/system.ts";
import { webhooks } from "./api/webhooks.ts";

const box = await openBlackBox();
afterAll(() => box.close());

describe(`the API at ${box.url}`, () => {
  const scheduled = schedules(box);
  system(box);
  requests(box);
  bots(box);
  integrations(box);
  apiKeys(box);
  channels(box);
  conversations(box);
  backends(box);
  agentLoops(box);
  agentServers(box);
  webhooks(box);
  onPlatforms(box);
  scheduled();

  it("answers every other operation, asked as its example says", async () => {
    const ask = askAs(box, box.keys.first);
    // Nobody has this address, and a platform in AWS takes it.
    await askTheRest(ask, box.called, oneOfEach(ask, "https://backend.example.com/"));
  });

  // A function that is not called here has not shown that its rights are enough.
  it("is called here with every operation of its reference", () => {
    expect(box.operations.filter((one) => !box.called.has(one))).toEqual([]);
  });
});
