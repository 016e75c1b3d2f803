import type { Adapter } from "../adapter.ts";
import { parseCall } from "./parse.ts";
import { handshake, verify } from "./verify.ts";

/** What a hook needs of the adapter: it makes no call, so its function carries nothing that makes one. */
export const inbound = { verify, handshake, parse: parseCall } satisfies Pick<
  Adapter<"whatsapp">,
  "verify" | "handshake" | "parse"
>;
