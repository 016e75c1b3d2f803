import type { Inbound } from "../adapter.ts";
import { parseCall } from "./parse.ts";
import { verify } from "./verify.ts";

/** What Slack is heard with. */
export const inbound = { verify, parse: parseCall } satisfies Inbound;
