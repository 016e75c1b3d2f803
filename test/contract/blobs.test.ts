import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type BlobStore, maxBlobBytes } from "#shared/blobs/blob-store";
import { asPng, openBucketAt, openEmbeddedBucket, pngBytes } from "#test/support/blob-bucket";

// Of an emulator, where a variable names one.
const { AWS_ENDPOINT_URL_S3: elsewhere } = process.env;

let blobs: BlobStore;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ blobs, close } = elsewhere ? await openBucketAt(elsewhere) : await openEmbeddedBucket());
});
afterAll(() => close());

const read = async (key: string, method: "GET" | "HEAD" = "GET") =>
  fetch(await blobs.address(key, asPng, method), { method });

describe("A blob store", () => {
  it("keeps bytes under a key and gives them to whoever has their address, as it is told to show them", async () => {
    await blobs.put("team_a/file_1", pngBytes);
    const answer = await read("team_a/file_1");
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(pngBytes);
    expect(answer.headers.get("content-type")).toBe(asPng.type);
    expect(answer.headers.get("content-disposition")).toBe(asPng.disposition);
  });

  it("gives the bytes under a key to who asks it, and nothing where there are none", async () => {
    await blobs.put("team_a/file_7", pngBytes);
    expect(Buffer.from((await blobs.get("team_a/file_7", 10))!)).toEqual(pngBytes);
    expect(await blobs.get("team_a/file_none", 10)).toBeUndefined();
    await expect(blobs.get("team_a/file_7", 9)).rejects.toThrow(RangeError);
  });

  it("tells the length by HEAD, with an address for that", async () => {
    await blobs.put("team_a/file_2", pngBytes);
    const answer = await read("team_a/file_2", "HEAD");
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, "10"]);
    expect(await answer.text()).toBe("");
  });

  it("takes the same key again", async () => {
    await blobs.put("team_a/file_3", Buffer.from("first"));
    await blobs.put("team_a/file_3", pngBytes);
    expect(Buffer.from(await (await read("team_a/file_3")).arrayBuffer())).toEqual(pngBytes);
  });

  it("has nothing under a key that was deleted, which can be deleted again, or was never there", async () => {
    await blobs.put("team_a/file_4", pngBytes);
    for (let time = 0; time < 2; time++) await blobs.delete("team_a/file_4");
    expect((await read("team_a/file_4")).status).toBe(404);
    expect((await read("team_a/file_none")).status).toBe(404);
  });

  it("takes 20 MiB and not a byte more", async () => {
    const largest = Buffer.alloc(maxBlobBytes, 7);
    await blobs.put("team_a/file_5", largest);
    const answer = await read("team_a/file_5");
    expect(Buffer.from(await answer.arrayBuffer()).equals(largest)).toBe(true);
    await expect(blobs.put("team_a/file_6", Buffer.alloc(maxBlobBytes + 1))).rejects.toThrow(
      RangeError,
    );
  });
});
