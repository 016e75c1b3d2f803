import { randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createKeyService, KeyFileError, openKeyFile } from "#lib/local/embedded/kms";

const service = createKeyService(new Uint8Array(32).fill(7));
const KeyId = "alias/chatbot-platform";
const EncryptionContext = { team: "team_1" };
const generate = (over = {}) =>
  service("GenerateDataKey", { KeyId, KeySpec: "AES_256", EncryptionContext, ...over }) as {
    CiphertextBlob: string;
    Plaintext: string;
    KeyId: string;
  };
const decrypt = (CiphertextBlob: string, over = {}, by = service) =>
  by("Decrypt", { CiphertextBlob, EncryptionContext, ...over });
const awsError = (name: string) => expect.objectContaining({ name, status: 400 });
const thrownBy = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};

describe("the key service of one machine", () => {
  it("generates keys and decrypts them, as KMS answers", () => {
    const { CiphertextBlob, Plaintext, KeyId: arn } = generate();

    expect(Buffer.from(Plaintext, "base64")).toHaveLength(32);
    expect(arn).toMatch(
      /^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
    const opened = { Plaintext, KeyId: arn, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" };
    expect(decrypt(CiphertextBlob)).toEqual(opened);
    expect(decrypt(CiphertextBlob, { KeyId })).toEqual(opened);
    expect(generate().Plaintext).not.toBe(Plaintext);
  });

  it("decrypts in the next process with the same master key, and with no other", () => {
    const { CiphertextBlob, Plaintext } = generate();
    const next = createKeyService(new Uint8Array(32).fill(7));
    const foreign = createKeyService(new Uint8Array(32).fill(8));
    expect(decrypt(CiphertextBlob, {}, next)).toMatchObject({ Plaintext });
    expect(thrownBy(() => decrypt(CiphertextBlob, {}, foreign))).toEqual(
      awsError("InvalidCiphertextException"),
    );
  });

  it("makes keys of the length that is asked for", () => {
    const length = (over: object) => Buffer.from(generate(over).Plaintext, "base64").length;
    expect(length({ KeySpec: "AES_128" })).toBe(16);
    expect(length({ KeySpec: undefined, NumberOfBytes: 64 })).toBe(64);
  });

  it.each([
    ["another value", { team: "team_2" }],
    ["another name", { Team: "team_1" }],
    ["one pair more", { team: "team_1", field: "x" }],
    ["none", undefined],
    ["an empty one", {}],
  ])("refuses a wrong encryption context: %s", (_, wrong) => {
    const { CiphertextBlob } = generate();
    expect(thrownBy(() => decrypt(CiphertextBlob, { EncryptionContext: wrong }))).toEqual(
      awsError("InvalidCiphertextException"),
    );
  });

  it("does not mind the order of the context's pairs", () => {
    const { CiphertextBlob, Plaintext } = generate({ EncryptionContext: { a: "1", b: "2" } });
    expect(decrypt(CiphertextBlob, { EncryptionContext: { b: "2", a: "1" } })).toMatchObject({
      Plaintext,
    });
  });

  it("notices every changed byte and every cut", () => {
    const blob = Buffer.from(generate().CiphertextBlob, "base64");
    for (let index = 0; index < blob.length; index++) {
      const changed = Buffer.from(blob);
      changed[index] = changed[index]! ^ 1;
      const cut = blob.subarray(0, index).toString("base64");
      const invalid = expect.objectContaining({
        name: index === 0 ? "ValidationException" : "InvalidCiphertextException",
      });
      expect(thrownBy(() => decrypt(changed.toString("base64")))).toEqual(
        awsError("InvalidCiphertextException"),
      );
      expect(thrownBy(() => decrypt(cut))).toEqual(invalid);
    }
  });

  it.each([
    ["no key", { KeyId: undefined }, "ValidationException"],
    ["no length", { KeySpec: undefined }, "ValidationException"],
    ["two lengths", { NumberOfBytes: 32 }, "ValidationException"],
    ["a length of 0", { KeySpec: undefined, NumberOfBytes: 0 }, "ValidationException"],
    ["an unknown spec", { KeySpec: "AES_512" }, "ValidationException"],
    ["a context of numbers", { EncryptionContext: { team: 1 } }, "SerializationException"],
    ["what it does not know", { Recipient: {} }, "UnsupportedOperationException"],
  ])("refuses a request with %s", (_, over, name) => {
    expect(thrownBy(() => generate(over))).toEqual(awsError(name));
  });

  it.each(["Encrypt", "ScheduleKeyDeletion", "toString"])("does not know %s", (operation) => {
    expect(thrownBy(() => service(operation, {}))).toEqual(awsError("UnknownOperationException"));
  });
});

describe("openKeyFile", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "key-file-"));
    path = join(folder, "master.key");
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const refusal = (databaseExists = true) => {
    const error = thrownBy(() => openKeyFile(path, { databaseExists }));
    expect(error).toBeInstanceOf(KeyFileError);
    return (error as Error).message;
  };

  it("makes a key that only its owner can read, and finds it again", () => {
    const key = openKeyFile(path, { databaseExists: false });

    expect(key).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(Buffer.from(openKeyFile(path, { databaseExists: true }))).toEqual(Buffer.from(key));
    expect(Buffer.from(openKeyFile(path, { databaseExists: false }))).toEqual(Buffer.from(key));
  });

  it("refuses a database without its key file and makes none", () => {
    expect(refusal()).toBe(
      `The key file ${path} is missing, and the secrets in the database cannot be read without it. ` +
        "Put it back from a backup, or start with an empty data folder.",
    );
    expect(() => readFileSync(path)).toThrow("ENOENT");
  });

  it.each([0, 31, 33, 64])("refuses a key file of %i bytes and leaves it as it is", (length) => {
    const content = randomBytes(length);
    writeFileSync(path, content, { mode: 0o600 });
    expect(refusal(false)).toMatch(`has ${length} bytes instead of 32.`);
    expect(readFileSync(path)).toEqual(content);
  });

  it.each([0o640, 0o604, 0o660])("refuses a key file that others may use (%o)", (mode) => {
    openKeyFile(path, { databaseExists: false });
    chmodSync(path, mode);
    expect(refusal()).toBe(
      `Others than its owner may use the key file ${path}. Take that from them: chmod 600 ${path}`,
    );
  });

  it("refuses what is no file", () => {
    mkdirSync(path, { mode: 0o700 });
    expect(refusal()).toBe(`${path} should be the key file and is no file.`);
  });

  it("says when it cannot make one", () => {
    path = join(folder, "missing", "master.key");
    expect(refusal(false)).toBe(`The key file ${path} cannot be created (ENOENT).`);
  });

  it("says when it cannot open one", () => {
    writeFileSync(path, "no folder");
    path = join(path, "master.key");
    expect(refusal()).toBe(`The key file ${path} cannot be opened (ENOTDIR).`);
  });
});
