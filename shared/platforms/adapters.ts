import type { Adapter } from "./adapter.ts";
import type { PlatformName } from "./catalogue.ts";
import { adapter as telegram } from "./telegram/adapter.ts";

const adapters = { telegram } as const;

/** The adapter of a platform's channels. */
export const adapterOf = (type: keyof typeof adapters): Adapter<PlatformName> => adapters[type];
