import type { Adapter } from "../adapter.ts";
import { parseInteraction } from "./parse.ts";
import { verify } from "./verify.ts";

/** What a hook needs of the adapter: it makes no call, so its function carries nothing that makes one. */
export const inbound = { verify, parse: parseInteraction } satisfies Pick<
  Adapter<"discord">,
  "verify" | "parse"
>;
