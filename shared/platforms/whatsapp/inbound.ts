import type { Inbound } from "../adapter.ts";
import { parseCall } from "./parse.ts";
import { handshake, verify } from "./verify.ts";

/** What WhatsApp is heard with. */
export const inbound = { verify, handshake, parse: parseCall } satisfies Inbound;
