import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { openEngine } from "#lib/local/embedded/engine";
import type { FaultCall, FaultPlan } from "#lib/local/embedded/faults";
import { serveObject } from "#lib/local/embedded/s3-protocol";
import { createS3Store, makeBucket } from "#shared/blobs/s3-store";

const region = "us-east-1";
const credentials = { accessKeyId: "test", secretAccessKey: "a secret of this test" };

/** The name of the bucket of each test. */
export const bucketName = "blobs-of-a-test";

/** A way of showing a blob whose every character must come through. */
export const asPng = {
  type: "image/png",
  disposition: "inline; filename*=UTF-8''cat%20%281%29.png",
};

/** The bytes that a PNG begins with. */
export const pngBytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0xff]);

/** A bucket of the embedded S3 with a store over it, and what reads it over HTTP as the gateway does. */
export async function openEmbeddedBucket() {
  const root = mkdtempSync(join(tmpdir(), "blobs-"));
  const world: { now: number; readAt: number | undefined; faults: FaultPlan | undefined } = {
    now: Date.now(),
    readAt: undefined,
    faults: undefined,
  };
  const calls: FaultCall[] = [];
  const engine = openEngine({ file: ":memory:", buckets: root, clock: () => world.now });
  const { requestHandler } = engine.connect((call) => {
    calls.push(call);
    return world.faults?.(call);
  });
  const { config } = new DynamoDBClient({ region, credentials, requestHandler });
  const server = createServer((request, response) => {
    const clock = () => world.readAt ?? Date.now();
    const by = { credentials, region, sha256: config.sha256, clock, endpoint };
    void serveObject(engine.objects, request, response, by);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  engine.objects.createBucket(bucketName);
  return {
    blobs: createS3Store(config, { name: bucketName, endpoint }),
    objects: engine.objects,
    folder: join(root, bucketName),
    /** When it is, for the age of blobs and for the signatures of addresses, and what goes wrong. */
    world,
    calls,
    close: async () => {
      server.close();
      await engine.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A bucket of an emulator, which knows this one secret and holds signatures against it. */
export async function openBucketAt(endpoint: string) {
  const known = { accessKeyId: "test", secretAccessKey: "test" };
  const { config } = new DynamoDBClient({ region, credentials: known });
  const bucket = { name: bucketName, endpoint };
  await makeBucket(config, bucket);
  return {
    blobs: createS3Store(config, bucket),
    close: async () => undefined,
  };
}
