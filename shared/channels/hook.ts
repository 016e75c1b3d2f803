import type { Account, Verifier } from "../platforms/adapter.ts";
import type { Id } from "../runtime/ids.ts";
import type { Item } from "../table/table.ts";
import type { PlatformChannel } from "./channel.ts";

/** What a call of a platform is verified and read with, found by the channel that its address names. */
export interface StoredHook {
  readonly team_id: Id<"team">;
  readonly bot_id: Id<"bot">;
  readonly channel_id: Id<"ch">;
  readonly type: PlatformChannel["type"];
  /** What the adapter made of the channel's secrets. */
  readonly verifier: Verifier;
  /** As whom the bot is mentioned; null until the platform has said so. */
  readonly account: Account | null;
  /** Of the channel that it was written with. */
  readonly version: number;
}

/** A stored hook; its shape is held by `test/contract/data-model.test.ts`. */
export const asHook = (item: Item | undefined) => item as (Item & StoredHook) | undefined;
