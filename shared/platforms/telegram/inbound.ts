import type { Inbound } from "../adapter.ts";
import { parseUpdate } from "./parse.ts";
import { verify } from "./verify.ts";

/** What Telegram is heard with. */
export const inbound = { verify, parse: parseUpdate } satisfies Inbound;
