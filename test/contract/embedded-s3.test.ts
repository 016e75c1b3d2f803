import { existsSync, readdirSync, renameSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { asPng, bucketName, openEmbeddedBucket, pngBytes } from "#test/support/blob-bucket";

let bucket: Awaited<ReturnType<typeof openEmbeddedBucket>>;
beforeAll(async () => {
  bucket = await openEmbeddedBucket();
});
afterEach(() => {
  Object.assign(bucket.world, { faults: undefined, readAt: undefined });
  bucket.calls.length = 0;
});
afterAll(() => bucket.close());

const read = async (key: string) => fetch(await bucket.blobs.address(key, asPng, "GET"));

describe("The embedded S3", () => {
  it("gives nothing by an address that was changed, is for another method, or has expired", async () => {
    await bucket.blobs.put("team_a/file_7", pngBytes);
    await bucket.blobs.put("team_b/file_7", pngBytes);
    const address = await bucket.blobs.address("team_a/file_7", asPng, "GET");
    const changed = [
      address.replace("team_a", "team_b"),
      address.replace("image%2Fpng", "text%2Fhtml"),
      address.replace("?", "?response-content-type=text%2Fhtml&"),
      address.replace("?", "?response-content-disposition=inline&"),
      address.replace(/X-Amz-Expires=60/, "X-Amz-Expires=604800"),
      address.replace(/X-Amz-Expires=60/, "X-Amz-Expires=604801"),
      address.replace(/X-Amz-Expires=60/, "X-Amz-Expires=1e300"),
      address.replace(/X-Amz-Date=\w+/, "X-Amz-Date=99999999T999999Z"),
      address.replace(/X-Amz-Signature=\w/, "X-Amz-Signature="),
      address.split("?")[0]!,
      `${address.split("?")[0]}?X-Amz-Date=nonsense&X-Amz-Expires=60`,
    ];
    for (const url of changed) expect([url, (await fetch(url)).status]).toEqual([url, 403]);
    expect((await fetch(address, { method: "HEAD" })).status).toBe(403);
    bucket.world.readAt = Date.now() + 61_000;
    expect((await fetch(address)).status).toBe(403);
    bucket.world.readAt = undefined;
    expect((await fetch(address)).status).toBe(200);
  });

  it.each([
    ["bytes=0-1", 206, "bytes 0-1/10", [0, 2]],
    ["bytes=4-", 206, "bytes 4-9/10", [4, 10]],
    ["bytes=8-99", 206, "bytes 8-9/10", [8, 10]],
    ["bytes=-3", 206, "bytes 7-9/10", [7, 10]],
    ["bytes=-99", 206, "bytes 0-9/10", [0, 10]],
    ["bytes=10-", 416, "bytes */10", undefined],
    ["bytes=-0", 416, "bytes */10", undefined],
    ["bytes=3-2", 200, null, [0, 10]],
    ["bytes=0-1,4-5", 200, null, [0, 10]],
    ["lines=0-1", 200, null, [0, 10]],
  ] as const)("gives a part to players that ask for one (%s)", async (range, status, part, at) => {
    await bucket.blobs.put("team_a/file_6", pngBytes);
    const address = await bucket.blobs.address("team_a/file_6", asPng, "GET");
    const answer = await fetch(address, { headers: { range } });
    expect([answer.status, answer.headers.get("content-range")]).toEqual([status, part]);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (at === undefined) return expect(bytes.toString()).toContain("InvalidRange");
    expect([...bytes]).toEqual([...pngBytes.subarray(...at)]);
    expect(answer.headers.get("content-length")).toBe(String(at[1] - at[0]));
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
  });

  it("gives all to who has a part of something that cannot be told", async () => {
    await bucket.blobs.put("team_a/file_6", pngBytes);
    const headers = { range: "bytes=2-", "if-range": '"another"' };
    const address = await bucket.blobs.address("team_a/file_6", asPng, "GET");
    expect((await fetch(address, { headers })).status).toBe(200);
  });

  it("shows nothing in a way that a browser runs", async () => {
    await bucket.blobs.put("team_a/file_8", Buffer.from("<script>alert(1)</script>"));
    const { headers } = await read("team_a/file_8");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
  });

  it("keeps each blob in a file for its owner alone, and leaves no part of one", async () => {
    await bucket.blobs.put("team_c/file_9", pngBytes);
    const mode = statSync(join(bucket.folder, "team_c.file_9")).mode & 0o777;
    expect([mode, statSync(bucket.folder).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(readdirSync(bucket.folder).filter((file) => file.endsWith(".part"))).toEqual([]);
  });

  it.each([
    "../../etc/passwd",
    "team_a/../../x",
    "team_a//x",
    "/etc/passwd",
    "a.b",
    "a%2Fb",
    "a\\b",
  ])("refuses the key %s, which could lead out of its folder", async (key) => {
    await expect(bucket.objects.put({ bucket: bucketName, key }, pngBytes)).rejects.toThrow(
      "Keys have",
    );
    await expect(bucket.objects.open({ bucket: bucketName, key })).rejects.toThrow("Keys have");
    await expect(bucket.objects.delete({ bucket: bucketName, key })).rejects.toThrow("Keys have");
  });

  it("refuses a bucket that is not there, or none", async () => {
    const key = "a";
    await expect(bucket.objects.put({ bucket: "no-such", key }, pngBytes)).rejects.toThrow(
      "does not exist",
    );
    await expect(bucket.objects.put({ bucket: "..", key }, pngBytes)).rejects.toThrow("not valid");
  });

  it("gives a blob for 30 days, and removes it then, with what a killed write has left", async () => {
    await bucket.blobs.put("team_d/file_1", pngBytes);
    const part = join(bucket.folder, "team_d.file_2.0123.part");
    await bucket.objects.put({ bucket: bucketName, key: "team_d/file_2" }, pngBytes);
    renameSync(join(bucket.folder, "team_d.file_2"), part);
    const begun = bucket.world.now;
    const day = 86_400_000;
    bucket.world.now = begun + 30 * day - 1;
    utimesSync(part, new Date(bucket.world.now), new Date(bucket.world.now));
    await bucket.objects.removeOld();
    expect([(await read("team_d/file_1")).status, existsSync(part)]).toEqual([200, true]);
    bucket.world.now = begun + 30 * day;
    expect((await read("team_d/file_1")).status).toBe(404);
    bucket.world.now += 3_600_000;
    await bucket.objects.removeOld();
    expect(readdirSync(bucket.folder).filter((file) => file.startsWith("team_d"))).toEqual([]);
    bucket.world.now = begun;
  });

  it.each(["answer_lost", "connection_lost", "throttle"] as const)(
    "is asked again when one call meets %s",
    async (kind) => {
      bucket.world.faults = ({ index }) =>
        index === bucket.calls[0]!.index ? { kind } : undefined;
      await bucket.blobs.put("team_e/file_1", pngBytes);
      bucket.calls.length = 0;
      await bucket.blobs.delete("team_e/file_1");
      expect(bucket.calls.map(({ operation }) => operation)).toEqual([
        "DeleteObject",
        "DeleteObject",
      ]);
    },
  );

  it("is asked three times at most, and what fails then says so as something out of reach", async () => {
    bucket.world.faults = () => ({ kind: "throttle" });
    await expect(bucket.blobs.put("team_e/file_2", pngBytes)).rejects.toMatchObject({
      name: "SlowDown",
      $metadata: { httpStatusCode: 503 },
    });
    expect(bucket.calls).toHaveLength(3);
  });

  it("is asked once for what it refuses", async () => {
    await expect(bucket.blobs.put("a.b", pngBytes)).rejects.toMatchObject({ name: "InvalidURI" });
    expect(bucket.calls).toHaveLength(1);
  });
});
