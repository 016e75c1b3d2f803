import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { awsConfig, boundedTimes } from "../runtime/aws-config.ts";
import { env } from "../runtime/env.ts";
import type { BlobStore } from "./blob-store.ts";
import { createS3Store } from "./s3-store.ts";

let blobs: BlobStore | undefined;

/** Milliseconds until S3 has taken 20 MiB, also from a function with a small share of a processor. */
const requestTimeout = 20_000;

/** The deployment's blobs, connected at the first call. */
export function liveBlobs(): BlobStore {
  const shared = awsConfig();
  const isOnAws = shared.requestHandler === boundedTimes;
  const config = isOnAws
    ? { ...shared, requestHandler: { ...boundedTimes, requestTimeout } }
    : shared;
  blobs ??= createS3Store(new DynamoDBClient(config).config, {
    name: env("BUCKET_NAME"),
    endpoint: s3Endpoint(),
  });
  return blobs;
}

/** Where S3 is by the standard variables, if it is not AWS's own. */
export const s3Endpoint = (): string | undefined =>
  process.env["AWS_ENDPOINT_URL_S3"] || process.env["AWS_ENDPOINT_URL"] || undefined;
