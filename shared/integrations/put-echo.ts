import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import type { Parts } from "../table/table.ts";
import { integrationItems } from "./integration-store.ts";
import { newIntegration } from "./new-integration.ts";

/** Puts the `echo` that a new bot is born with, so that it answers before it has a backend. */
export function putEcho(teamId: Id<"team">, botId: Id<"bot">, mint: Mint): Parts {
  const at = isoTime(mint.now);
  const id = mint.id("int");
  const echo = newIntegration({ id, bot_id: botId, name: "Echo", type: "echo", at });
  const [address, row] = integrationItems(teamId, echo);
  return { echo_address: { putIfAbsent: address }, echo: { putIfAbsent: row } };
}
