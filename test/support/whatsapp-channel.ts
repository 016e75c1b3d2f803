import { startFakeWhatsApp } from "./fake-whatsapp.ts";
import { aBotFor, useFake } from "./platform-channel.ts";
import type { TestPlatform, TestTeam } from "./test-platform.ts";
import { whatsapp } from "./whatsapp-case.ts";

/** Those of the number that the fake Graph API knows. */
export const { credentials } = whatsapp.channel;

/** A Graph API for the tests of a file. */
export const useWhatsApp = () => useFake("whatsapp", () => startFakeWhatsApp({ credentials }));

/** A team with a bot, and how it makes a WhatsApp channel. */
export const aWhatsAppBot = (platform: TestPlatform, team?: TestTeam) =>
  aBotFor(platform, "whatsapp", credentials, team);
