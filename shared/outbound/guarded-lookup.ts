import type { LookupFunction } from "node:net";
import { callbackify } from "node:util";
import type { Lookup } from "./look-up.ts";
import { isUnknownName, noPublicAddress, OutboundError } from "./outbound-error.ts";
import { isPublicAddress } from "./public-address.ts";

/** Says that what a connection came to is none of the open internet. */
export const notPublic = (host: string) =>
  new OutboundError("not_allowed", `${host} is not a public address.`);

/**
 * Makes a look-up for `net.connect` that answers only when every address of the name is admitted. A name with one
 * private address among public ones is refused as a whole: which one is connected to would be left to chance. It is
 * refused like a name that does not exist, so that nobody can try out which names the inside has.
 */
export function guardedLookup(
  lookup: Lookup,
  { anyAddress }: { readonly anyAddress: boolean },
): LookupFunction {
  const unknown = (hostname: string) =>
    anyAddress
      ? Object.assign(new Error("The name has no address."), { code: "ENOTFOUND" })
      : noPublicAddress(hostname);

  const admitted = async (hostname: string) => {
    const [first, ...others] = await lookup(hostname).catch((error: NodeJS.ErrnoException) => {
      throw isUnknownName(error) ? unknown(hostname) : error;
    });
    if (!first) throw unknown(hostname);
    const all = [first, ...others];
    if (!anyAddress && !all.every(({ address }) => isPublicAddress(address))) {
      throw unknown(hostname);
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
