import type { Inbound } from "../adapter.ts";
import { parseInteraction } from "./parse.ts";
import { verify } from "./verify.ts";

/** What Discord is heard with. */
export const inbound = { verify, parse: parseInteraction } satisfies Inbound;
