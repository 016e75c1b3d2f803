import type { LookupAddress } from "node:dns";
import { lookup as systemLookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { OutboundError } from "./outbound-error.ts";
import { isPublicAddress } from "./public-address.ts";

/** Finds the addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

/** Asks the system, hosts file included. */
export const lookUpAll: Lookup = (hostname) => systemLookup(hostname, { all: true });

/** Says that a host turned out to be none of the open internet. */
export const notPublic = (host: string) =>
  new OutboundError("not_allowed", `${host} is not a public address.`);

/**
 * Makes a look-up for `net.connect` that answers only when every address of the name is admitted. A name with one
 * private address among public ones is refused as a whole: which one is connected to would be left to chance.
 */
export function guardedLookup(
  lookup: Lookup,
  { anyAddress }: { readonly anyAddress: boolean },
): LookupFunction {
  const admitted = async (hostname: string) => {
    const [first, ...others] = await lookup(hostname);
    if (!first) throw Object.assign(new Error("The name has no address."), { code: "ENOTFOUND" });
    const all = [first, ...others];
    if (!anyAddress && !all.every(({ address }) => isPublicAddress(address))) {
      throw notPublic(hostname);
    }
    return { first, all };
  };

  const withCallback = callbackify(admitted);

  return (hostname, options, callback) => {
    withCallback(hostname, (error, found) => {
      if (error) callback(error, []);
      else if (options.all) callback(null, found.all);
      else callback(null, found.first.address, found.first.family);
    });
  };
}
