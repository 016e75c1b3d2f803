import { startFakeSlack } from "./fake-slack.ts";
import { aBotFor, useFake } from "./platform-channel.ts";
import type { TestPlatform, TestTeam } from "./test-platform.ts";

/** Those of the app that the fake workspace knows. */
export const credentials = {
  bot_token: "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
  signing_secret: "0123456789abcdef0123456789abcdef",
};

/** A Slack for the tests of a file. */
export const useSlack = () => useFake("slack", () => startFakeSlack(credentials.bot_token));

/** A team with a bot, and how it makes a Slack channel. */
export const aSlackBot = (platform: TestPlatform, team?: TestTeam) =>
  aBotFor(platform, "slack", credentials, team);
