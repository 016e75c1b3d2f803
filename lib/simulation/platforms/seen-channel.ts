import type { StoredChannel } from "#shared/channels/channel";
import { asChannel } from "#shared/channels/channel-store";
import type { Key } from "#shared/table/keys";
import type { Item } from "#shared/table/table";

/** Remembers when a channel was disconnected, and for how long. */
export class SeenChannel {
  /** From when to when it was; unix milliseconds. */
  readonly disconnected: { readonly from: number; until: number }[] = [];
  /** As it was written last; undefined before anything befell it. */
  now: StoredChannel | undefined;
  readonly #key: Key;
  readonly #clock: () => number;

  constructor(key: Key, clock: () => number) {
    this.#key = key;
    this.#clock = clock;
  }

  /** Sees a row that was written. */
  see(row: Item): void {
    const { pk, sk } = this.#key;
    const channel = row.pk === pk && row.sk === sk ? asChannel(row) : undefined;
    if (!channel || channel.version === this.now?.version) return;
    const wasDisconnected = this.now?.status === "disconnected";
    const isDisconnected = channel.status === "disconnected";
    this.now = channel;
    // One that is switched on or off meanwhile stays so.
    if (wasDisconnected === isDisconnected) return;
    const last = this.disconnected.at(-1);
    if (last && !isDisconnected) last.until = this.#clock();
    if (isDisconnected) this.disconnected.push({ from: this.#clock(), until: Infinity });
  }
}
