import type { Account, Verifier } from "../platforms/adapter.ts";
import type { PlatformName } from "../platforms/catalogue.ts";
import type { Id } from "../runtime/ids.ts";
import type { Sealed } from "../secrets/sealed.ts";
import type { Item } from "../table/table.ts";

/** What the hook of a channel is found by and verified with, by one read and mostly without KMS. */
export interface StoredHook {
  readonly team_id: Id<"team">;
  readonly bot_id: Id<"bot">;
  readonly channel_id: Id<"ch">;
  readonly type: PlatformName;
  /** What proves that a call comes from the platform; sealed, as JSON, where the catalogue says that it is a secret. */
  readonly verifier: Verifier | Sealed;
  /** As whom the channel speaks; null until the platform has told. */
  readonly account: Account | null;
  /** Of the channel when it was written. */
  readonly version: number;
}

/** A stored hook; its shape is held by `test/contract/data-model.test.ts`. */
export const asHook = (item: Item | undefined) => item as (Item & StoredHook) | undefined;

/** Where the sealed verifier of a hook is bound to. */
export const verifierPlace = (channelId: Id<"ch">) => ({
  resource_id: channelId,
  field: "verifier",
});

/** The address that a platform calls for a channel. */
export const hookUrl = (publicUrl: string, type: PlatformName, channelId: Id<"ch">) =>
  `${publicUrl}/v1/hooks/${type}/${channelId}`;
