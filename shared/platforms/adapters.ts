import type { Adapter } from "./adapter.ts";
import type { PlatformName } from "./catalogue.ts";
import { adapter as discord } from "./discord/adapter.ts";
import { adapter as slack } from "./slack/adapter.ts";
import { adapter as telegram } from "./telegram/adapter.ts";
import { adapter as whatsapp } from "./whatsapp/adapter.ts";

const adapters = { telegram, slack, discord, whatsapp };

/** A platform that channels can be of. */
export type ConnectedPlatform = keyof typeof adapters;

/** What a platform is spoken to with. Loads all adapters, so only what calls platforms imports it. */
export const adapterOf = (type: ConnectedPlatform): Adapter<PlatformName> => adapters[type];

/** Finds the adapter of a platform. */
export type AdapterOf = typeof adapterOf;
