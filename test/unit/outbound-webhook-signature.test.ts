import { describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { signatureHeaders, signingSecret } from "#shared/outbound/webhook-signature";

const secretOf = (byte: number) => signingSecret(new Uint8Array(32).fill(byte));
const [older, newer, foreign] = [secretOf(1), secretOf(2), secretOf(3)];

// The reference library reads the system's clock and allows five minutes.
const timestamp_seconds = Math.floor(Date.now() / 1_000);
const body = '{"content":"Grüße 🤖"}';
const sign = (secrets: string[], over: string | Uint8Array = body) =>
  signatureHeaders({ id: "msg_1", timestamp_seconds, body: over, secrets });
const verify = (secret: string, payload: string, headers: Record<string, string>) =>
  new Webhook(secret).verify(payload, headers, { jsonParse: false });

describe("signatureHeaders", () => {
  it.each([body, "", "x".repeat(200_000)])("is verified by the reference library (%#)", (text) => {
    expect(() => verify(newer, text, sign([newer], text))).not.toThrow();
    expect(() => verify(newer, text, sign([newer], Buffer.from(text)))).not.toThrow();
  });

  it("signs as the reference library signs", () => {
    const signature = new Webhook(newer).sign("msg_1", new Date(timestamp_seconds * 1_000), body);
    expect(sign([newer])).toEqual({
      "webhook-id": "msg_1",
      "webhook-timestamp": String(timestamp_seconds),
      "webhook-signature": signature,
    });
  });

  it("lets receivers verify with either secret during a rotation", () => {
    const headers = sign([newer, older]);
    expect(headers["webhook-signature"]).toMatch(/^v1,[\w+/]+={0,2} v1,[\w+/]+={0,2}$/);
    expect(() => verify(newer, body, headers)).not.toThrow();
    expect(() => verify(older, body, headers)).not.toThrow();
    expect(() => verify(foreign, body, headers)).toThrow("No matching signature found");
  });

  it("signs the id, the time and the body", () => {
    const headers = sign([newer]);
    const other = { ...headers, "webhook-timestamp": String(timestamp_seconds - 1) };
    expect(() => verify(newer, `${body} `, headers)).toThrow("No matching signature found");
    expect(() => verify(newer, body, other)).toThrow("No matching signature found");
    expect(() => verify(newer, body, { ...headers, "webhook-id": "msg_2" })).toThrow(
      "No matching signature found",
    );
  });

  it.each([[[]], [["whsec_"]], [["whsec_c2hvcnQ="]], [[older.slice("whsec_".length)]]])(
    "refuses to sign with %j and does not say it",
    (secrets: string[]) => {
      const signing = () => sign(secrets);
      expect(signing).toThrow(RangeError);
      expect(signing).not.toThrow(/c2hvcnQ|AQEB/);
    },
  );
});

describe("signingSecret", () => {
  it("writes 32 bytes as base64 behind whsec_", () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => index * 8);
    expect(signingSecret(bytes)).toBe(`whsec_${Buffer.from(bytes).toString("base64")}`);
    expect(signingSecret(bytes)).toHaveLength(6 + 44);
  });

  it.each([0, 24, 31, 33, 64])("refuses %i bytes", (length) => {
    expect(() => signingSecret(new Uint8Array(length))).toThrow(RangeError);
  });
});
