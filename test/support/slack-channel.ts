import { startFakeSlack } from "./fake-slack.ts";
import { useFake } from "./platform-channel.ts";

/** Those of the app that the fake workspace knows. */
export const credentials = {
  bot_token: "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
  signing_secret: "0123456789abcdef0123456789abcdef",
};

/** A Slack for the tests of a file. */
export const useSlack = () => useFake("slack", () => startFakeSlack(credentials.bot_token));
