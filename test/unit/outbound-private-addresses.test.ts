import { generateKeyPairSync, sign } from "node:crypto";
import type { LookupAddress } from "node:dns";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { explained } from "#shared/outbound/explained-error";
import { OutboundError } from "#shared/outbound/outbound-error";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { type FakeBackend, startFakeBackend } from "#test/support/fake-backend";

const loopback: LookupAddress = { address: "127.0.0.1", family: 4 };
const outside: LookupAddress = { address: "93.184.216.34", family: 4 };
const init = { method: "GET", headers: {}, timeout_ms: 5_000, max_bytes: 1_000 };
const notAllowed = (message: string) =>
  expect.objectContaining({ name: "OutboundError", code: "not_allowed", message });
const unknown = expect.objectContaining({
  name: "OutboundError",
  code: "network",
  message: "No public address is known for backend.example.",
});

const trusted = getCACertificates("default");
const hourMs = 3_600_000;
const identity = selfSigned("backend.example", [-hourMs, hourMs]);
const old = selfSigned("old.example", [-2 * hourMs, -hourMs]);
beforeAll(() => setDefaultCACertificates([...trusted, identity.cert, old.cert]));
afterAll(() => setDefaultCACertificates(trusted));

// What the attacks aim at: it would answer them.
let inside: FakeBackend;
let port: string;
beforeEach(async () => {
  inside = await startFakeBackend(identity);
  port = new URL(inside.url).port;
});
afterEach(() => inside.close());

describe("safeFetch where only public addresses are admitted", () => {
  it.each([
    "127.0.0.1",
    "localhost",
    "api.localhost",
    "localhost.",
    "[::1]",
    "2130706433",
    "0x7f.1",
    "017700000001",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",
    "127.1",
    "0",
    "１２７.0.0.1",
    "127%2e0%2e0%2e1",
  ])("does not call %s", async (host) => {
    const safeFetch = createSafeFetch({ allowPrivate: () => false });
    await expect(safeFetch(`https://${host}:${port}/`, init)).rejects.toEqual(
      notAllowed("The URL must not point to a private address or to this machine itself."),
    );
    expect(inside.requests).toEqual([]);
  });

  it.each<[string, LookupAddress[]]>([
    ["loopback", [loopback]],
    ["loopback in IPv6", [{ address: "::1", family: 6 }]],
    ["loopback as mapped IPv4", [{ address: "::ffff:127.0.0.1", family: 6 }]],
    ["public and then private addresses", [outside, loopback]],
    ["private and then public addresses", [loopback, outside]],
    ["the metadata service", [{ address: "169.254.169.254", family: 4 }]],
    ["no address at all", [{ address: "nonsense", family: 4 }]],
  ])("does not call a name that resolves to %s", async (_, addresses) => {
    const safeFetch = createSafeFetch({ allowPrivate: () => false, lookup: async () => addresses });
    await expect(safeFetch(`https://backend.example:${port}/`, init)).rejects.toEqual(unknown);
    expect(inside.requests).toEqual([]);
  });

  it("says the same of a name that does not exist", async () => {
    const nowhere = () => Promise.reject(Object.assign(new Error(), { code: "ENOTFOUND" }));
    for (const lookup of [nowhere, async () => []]) {
      const safeFetch = createSafeFetch({ allowPrivate: () => false, lookup });
      await expect(safeFetch(`https://backend.example:${port}/`, init)).rejects.toEqual(unknown);
    }
  });

  it("does not take dots alone for this machine", async () => {
    const safeFetch = createSafeFetch({ allowPrivate: () => true });
    await expect(safeFetch(`https://....:${port}/`, init)).rejects.toEqual(
      notAllowed("The URL must name a host."),
    );
    expect(inside.requests).toEqual([]);
  });

  it("leaves a peer that is not what the look-up said", async () => {
    let read = 0;
    const shifting = {
      get address() {
        return read++ === 0 ? outside.address : loopback.address;
      },
      family: 4,
    };
    const safeFetch = createSafeFetch({
      allowPrivate: () => false,
      lookup: async () => [shifting],
    });
    await expect(safeFetch(`https://backend.example:${port}/`, init)).rejects.toEqual(
      notAllowed(`backend.example:${port} is not a public address.`),
    );
    expect(read).toBeGreaterThan(1);
    expect(inside.requests).toEqual([]);
  });

  it("does not use a connection that was made when private addresses were admitted", async () => {
    let allowPrivate = true;
    const safeFetch = createSafeFetch({
      allowPrivate: () => allowPrivate,
      lookup: async () => [allowPrivate ? loopback : outside],
    });
    const url = `https://backend.example:${port}/`;
    expect((await safeFetch(url, init)).status).toBe(200);
    expect((await safeFetch(url, init)).status).toBe(200);
    allowPrivate = false;

    await expect(safeFetch(url, init)).rejects.toEqual(
      notAllowed(`backend.example:${port} is not a public address.`),
    );

    expect(inside.requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });
});

/** What is told of a call that brought no answer for reasons of the network. */
const said = async (call: Promise<unknown>) => {
  const error: unknown = await call.catch((error) => error);
  return error instanceof OutboundError && error.code === "network" && explained(error);
};

describe("safeFetch where private addresses are admitted", () => {
  const safeFetch = createSafeFetch({ allowPrivate: () => true, lookup: async () => [loopback] });

  it("calls them", async () => {
    expect((await safeFetch(`https://backend.example:${port}/`, init)).status).toBe(200);
    expect((await safeFetch(`https://127.0.0.1:${port}/`, init)).status).toBe(200);
  });

  it("looks a name up once for each connection: there is no second answer to connect to", async () => {
    let asked = 0;
    const counting = createSafeFetch({
      allowPrivate: () => true,
      lookup: async () => (asked++ === 0 ? [loopback] : []),
    });
    expect((await counting(`https://backend.example:${port}/`, init)).status).toBe(200);
    expect(asked).toBe(1);
  });

  it("still checks certificates", async () => {
    expect(await said(safeFetch(`https://other.example:${port}/`, init))).toBe(
      `The certificate of other.example:${port} is not valid: it is for another name.`,
    );
    setDefaultCACertificates(trusted);
    const stranger = createSafeFetch({ allowPrivate: () => true });
    expect(await said(stranger(`${inside.url}/`, init))).toBe(
      `The certificate of 127.0.0.1:${port} is not valid: it is signed by itself.`,
    );
    setDefaultCACertificates([...trusted, identity.cert, old.cert]);
    expect(inside.requests).toEqual([]);
  });

  it("says of a certificate that it has expired", async () => {
    const expired = await startFakeBackend(old);
    try {
      const { port } = new URL(expired.url);
      expect(await said(safeFetch(`https://old.example:${port}/`, init))).toBe(
        `The certificate of old.example:${port} is not valid: it has expired.`,
      );
      expect(expired.requests).toEqual([]);
    } finally {
      await expired.close();
    }
  });
});

/** A key and its certificate for a name and 127.0.0.1, valid in a time from now (RFC 5280), so that none lies in the tree. */
function selfSigned(
  name: string,
  [fromMs, untilMs]: readonly [number, number],
): { key: string; cert: string } {
  const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
    const body = Buffer.concat(parts);
    const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
    return Buffer.concat([Uint8Array.of(tag, ...length), body]);
  };
  const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts);
  const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
  const time = (unixMs: number) =>
    der(
      0x17,
      Buffer.from(
        new Date(unixMs)
          .toISOString()
          .replace(/[-:T]|\.\d+/g, "")
          .slice(2),
      ),
    );

  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid("2a8648ce3d040302")); // ecdsa-with-SHA256
  const commonName = sequence(oid("550403"), der(0x0c, Buffer.from(name)));
  const names = sequence(der(0x82, Buffer.from(name)), der(0x87, Uint8Array.of(127, 0, 0, 1)));
  const certificate = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, Uint8Array.of(1)),
    algorithm,
    sequence(der(0x31, commonName)),
    sequence(time(Date.now() + fromMs), time(Date.now() + untilMs)),
    sequence(der(0x31, commonName)),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(sequence(oid("551d11"), der(0x04, names)))), // subjectAltName
  );
  const signature = sign("sha256", certificate, privateKey);
  const signed = sequence(certificate, algorithm, der(0x03, Uint8Array.of(0), signature));
  const lines = signed.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
