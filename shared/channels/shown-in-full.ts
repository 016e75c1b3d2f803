import type { StoredBot } from "../bots/bot.ts";
import type { AdapterOf } from "../platforms/adapters.ts";
import {
  type ChannelInFull,
  isOfPlatform,
  shownChannel,
  shownHealth,
  type StoredChannel,
} from "./channel.ts";
import { answersAll } from "./channel-secrets.ts";

/** A channel on its own, with what its owner still has to do, and the time of the last message of a user. */
export const shownInFull = (
  { adapterOf }: { readonly adapterOf: AdapterOf },
  stored: StoredChannel,
  bot: StoredBot,
  last_inbound_at: ChannelInFull["last_inbound_at"],
): ChannelInFull => ({
  ...shownChannel(stored, last_inbound_at),
  setup: setupOf(adapterOf, stored, bot),
  health: shownHealth(stored),
});

function setupOf(
  adapterOf: AdapterOf,
  stored: StoredChannel,
  bot: StoredBot,
): ChannelInFull["setup"] {
  if (!isOfPlatform(stored)) return null;
  const { type, webhook_url: hook_url, account, replaced_url = null } = stored;
  const { setup } = adapterOf(type);
  const answers_all_in_groups = answersAll(bot);
  const { steps, manifest } = setup({ hook_url, account, answers_all_in_groups });
  return { steps: [...steps], ...(manifest !== undefined && { manifest }), replaced_url };
}
