import type { Adapter } from "../adapter.ts";
import { parseUpdate } from "./parse.ts";
import { verify } from "./verify.ts";

/** What a hook needs of the adapter: it makes no call, so its function carries nothing that makes one. */
export const inbound = { verify, parse: parseUpdate } satisfies Pick<
  Adapter<"telegram">,
  "verify" | "parse"
>;
