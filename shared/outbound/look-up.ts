import type { LookupAddress } from "node:dns";
import { Resolver, lookup as systemLookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";

/** Finds the addresses of a name. Rejects with a system error: `ENOTFOUND` for a name that has none. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

/** What finding addresses asks; a test gives its own. */
export interface LookupSources {
  readonly resolve: (hostname: string, family: 4 | 6) => Promise<readonly string[]>;
  readonly hosts: () => Promise<string>;
  readonly system: Lookup;
}

/**
 * Makes the look-up for public names: DNS, asked without a thread, so that a name server that does not answer holds up
 * nobody else's. What only this machine knows is not found.
 */
export const createPublicLookup =
  ({ resolve }: LookupSources = live): Lookup =>
  async (hostname) => {
    const asked = await Promise.allSettled([resolve(hostname, 4), resolve(hostname, 6)]);
    const found = asked.flatMap((one, index) =>
      one.status === "fulfilled"
        ? one.value.map((address) => ({ address, family: index === 0 ? 4 : 6 }))
        : [],
    );
    if (found.length > 0) return found;
    // Which of the other errors it was tells nobody anything, and some are those of connections.
    const isUnknown = asked.every(
      (one) => one.status === "fulfilled" || unknownCodes.has(codeOf(one.reason)),
    );
    throw Object.assign(new Error("No address."), { code: isUnknown ? "ENOTFOUND" : "EAI_AGAIN" });
  };

const unknownCodes = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);

const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error ? String(error.code) : "";

/**
 * Makes the look-up for one machine: the hosts file, `localhost`, DNS, and last the system, which knows search lists
 * and names of the local network. It takes a thread, so at most two names are asked there at once.
 */
export function createAnyLookup(sources: LookupSources = live): Lookup {
  const ask = createPublicLookup(sources);
  const system = atMost(2, sources.system);
  return async (hostname) => {
    const name = hostname.toLowerCase();
    const listed = addressesIn(await sources.hosts().catch(() => ""), name);
    if (listed.length > 0) return listed;
    if (name === "localhost" || name.endsWith(".localhost")) return loopback;
    try {
      return await ask(hostname);
    } catch (error) {
      // A name server that is slow here is slow for the system too.
      if (codeOf(error) !== "ENOTFOUND") throw error;
      return await system(hostname);
    }
  };
}

const loopback = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

function addressesIn(hostsFile: string, name: string): LookupAddress[] {
  return hostsFile.split("\n").flatMap((line) => {
    const [text = ""] = line.split("#", 1);
    const [address = "", ...names] = text.trim().toLowerCase().split(/\s+/);
    const family = isIP(address);
    return family !== 0 && names.includes(name) ? [{ address, family }] : [];
  });
}

const mostWaiting = 64;

function atMost(most: number, lookup: Lookup): Lookup {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (hostname) => {
    if (waiting.length >= mostWaiting) {
      throw Object.assign(new Error("Too many names wait."), { code: "EAI_AGAIN" });
    }
    if (running < most) running += 1;
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return await lookup(hostname);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

const live: LookupSources = {
  resolve: (hostname, family) => {
    // Made anew (0.2 ms), because it reads only then which name servers there are: laptops move.
    const resolver = new Resolver({ timeout: 2_500, tries: 2 });
    return family === 4 ? resolver.resolve4(hostname) : resolver.resolve6(hostname);
  },
  hosts: () => readFile("/etc/hosts", "utf8"),
  system: (hostname) => systemLookup(hostname, { all: true }),
};
