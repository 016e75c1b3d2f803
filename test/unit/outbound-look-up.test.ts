import { describe, expect, it } from "@jest/globals";
import { createAnyLookup, createPublicLookup, type LookupSources } from "#shared/outbound/look-up";

const failing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
const sources = (changes: Partial<LookupSources> = {}): LookupSources => ({
  resolve: () => failing("ENOTFOUND"),
  hosts: async () =>
    "127.0.0.1 localhost\n# 10.0.0.9 gone\n10.0.0.5  Db.Inside db # ours\n::1 db\n",
  system: () => failing("ENOTFOUND"),
  ...changes,
});
const v4 = (address: string) => ({ address, family: 4 });
const v6 = (address: string) => ({ address, family: 6 });

describe("a public name", () => {
  it("has the addresses of both families that DNS knows", async () => {
    const resolve = async (name: string, family: number) => [`${name} ${family}`];
    expect(await createPublicLookup(sources({ resolve }))("a.example")).toEqual([
      v4("a.example 4"),
      v6("a.example 6"),
    ]);
  });

  it("needs only one of the families", async () => {
    const resolve = (_: string, family: number) =>
      family === 6 ? Promise.resolve(["::2"]) : failing("ENODATA");
    expect(await createPublicLookup(sources({ resolve }))("a.example")).toEqual([v6("::2")]);
  });

  it.each([
    ["ENOTFOUND", "ENOTFOUND"],
    ["ENODATA", "ENOTFOUND"],
    ["ETIMEOUT", "EAI_AGAIN"],
    // Of the name server, not of the host.
    ["ECONNREFUSED", "EAI_AGAIN"],
  ])("is not there or not known: %s is %s", async (code, told) => {
    const lookup = createPublicLookup(sources({ resolve: () => failing(code) }));
    await expect(lookup("a.example")).rejects.toMatchObject({ code: told });
  });

  it("is not looked for on this machine", async () => {
    await expect(createPublicLookup(sources())("db")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });
});

describe("a name on one machine", () => {
  it.each([
    ["localhost", [v4("127.0.0.1")]],
    ["db", [v4("10.0.0.5"), v6("::1")]],
    ["DB.inside", [v4("10.0.0.5")]],
    ["api.localhost", [v4("127.0.0.1"), v6("::1")]],
  ])("is found in the hosts file or is this machine: %s", async (name, addresses) => {
    expect(await createAnyLookup(sources())(name)).toEqual(addresses);
  });

  it("is this machine without a hosts file too", async () => {
    const lookup = createAnyLookup(sources({ hosts: () => failing("ENOENT") }));
    expect(await lookup("localhost")).toEqual([v4("127.0.0.1"), v6("::1")]);
  });

  it("is asked of DNS, and of the system when DNS does not know it", async () => {
    const resolve = (name: string) =>
      name === "web" ? Promise.resolve(["10.0.0.7"]) : failing("ENOTFOUND");
    const system = async (name: string) => [v4(`system ${name}`)];
    const lookup = createAnyLookup(sources({ resolve, system }));

    expect(await lookup("web")).toEqual([v4("10.0.0.7"), v6("10.0.0.7")]);
    expect(await lookup("nas.local")).toEqual([v4("system nas.local")]);
  });

  it("is not asked of the system when its name server does not answer", async () => {
    const system = async () => [v4("10.0.0.1")];
    const lookup = createAnyLookup(sources({ resolve: () => failing("ETIMEOUT"), system }));
    await expect(lookup("drips.example")).rejects.toMatchObject({ code: "EAI_AGAIN" });
  });

  it("takes at most two threads at once, whoever waits, and gives them on", async () => {
    const held: (() => void)[] = [];
    const system = (name: string) =>
      new Promise<[ReturnType<typeof v4>]>((resolve) => held.push(() => resolve([v4(name)])));
    const lookup = createAnyLookup(sources({ system }));
    const asked = ["a", "b", "c"].map((name) => lookup(name));
    await new Promise((resolve) => setImmediate(resolve));
    expect(held).toHaveLength(2);

    held[0]!();
    expect(await asked[0]).toEqual([v4("a")]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(held).toHaveLength(3);
    held[1]!();
    held[2]!();
    expect(await Promise.all(asked)).toEqual([[v4("a")], [v4("b")], [v4("c")]]);
  });
});
