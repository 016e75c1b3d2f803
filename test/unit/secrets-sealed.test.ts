import { createDecipheriv } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { decrypt, encrypt, type SecretPlace, UnsealError } from "#shared/secrets/sealed";

const key = new Uint8Array(32).fill(7);
const place = { resource_id: "int_1", field: "headers.Authorization" };
const text = Buffer.from("Bearer sk-Grüße");
const sealed = encrypt(key, "team_1", place, text);

describe("encrypt and decrypt", () => {
  it.each([text, Buffer.alloc(0), Buffer.alloc(100_000, "x")])(
    "give back what went in (%#)",
    (it) => {
      expect(Buffer.from(decrypt(key, "team_1", place, encrypt(key, "team_1", place, it)))).toEqual(
        it,
      );
    },
  );

  it("write version, iv, tag and ciphertext of AES-256-GCM", () => {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(1, 13));
    decipher.setAuthTag(sealed.subarray(13, 29));
    decipher.setAAD(Buffer.from('["team_1","int_1","headers.Authorization"]'));
    const opened = Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()]);

    expect(sealed[0]).toBe(1);
    expect(opened).toEqual(text);
  });

  it("never use an iv twice", () => {
    const ivs = Array.from({ length: 1_000 }, () =>
      Buffer.from(encrypt(key, "team_1", place, text).subarray(1, 13)).toString("hex"),
    );
    expect(new Set(ivs).size).toBe(1_000);
  });

  it.each<[string, Id<"team">, SecretPlace]>([
    ["another team", "team_2", place],
    ["another resource", "team_1", { ...place, resource_id: "int_2" }],
    ["another field", "team_1", { ...place, field: "signing_secret" }],
    ["shifted parts", "team_1", { resource_id: "int_1headers.", field: "Authorization" }],
    ["quoted parts", "team_1", { resource_id: 'int_1","headers.Authorization', field: "" }],
  ])("do not open it for %s", (_, team, elsewhere) => {
    expect(() => decrypt(key, team, elsewhere, sealed)).toThrow(UnsealError);
  });

  it("do not open it with another key", () => {
    const other = new Uint8Array(32).fill(8);
    expect(() => decrypt(other, "team_1", place, sealed)).toThrow(UnsealError);
  });

  it("notice every changed byte and every cut", () => {
    for (let index = 0; index < sealed.length; index++) {
      const changed = Uint8Array.from(sealed);
      changed[index] = changed[index]! ^ 1;
      expect(() => decrypt(key, "team_1", place, changed)).toThrow(UnsealError);
      expect(() => decrypt(key, "team_1", place, sealed.subarray(0, index))).toThrow(UnsealError);
    }
  });

  it("say nothing of the secret when they fail", () => {
    expect(() => decrypt(key, "team_2", place, sealed)).not.toThrow(/Bearer/);
  });
});
