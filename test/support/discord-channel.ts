import { ids } from "../fixtures/discord/interactions.ts";
import { publicKey } from "./discord-call.ts";
import { startFakeDiscord } from "./fake-discord.ts";
import { useFake } from "./platform-channel.ts";

/** Those of the application that the fake server knows. */
export const credentials = {
  bot_token: "MTEwMDAwMDAwMDAwMDAwMDAwMQ.GaBcDe.fGhIjKlMnOpQrStUvWxYz0123456789_-AbCdE",
  application_id: ids.application,
  public_key: publicKey,
};

/** A Discord for the tests of a file. */
export const useDiscord = () => useFake("discord", () => startFakeDiscord(credentials.bot_token));
