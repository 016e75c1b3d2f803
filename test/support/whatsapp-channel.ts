import { startFakeWhatsApp } from "./fake-whatsapp.ts";
import { useFake } from "./platform-channel.ts";
import { whatsapp } from "./whatsapp-case.ts";

/** Those of the number that the fake Graph API knows. */
export const { credentials } = whatsapp.channel;

/** A Graph API for the tests of a file. */
export const useWhatsApp = () => useFake("whatsapp", () => startFakeWhatsApp({ credentials }));
