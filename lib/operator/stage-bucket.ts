import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { s3Endpoint } from "#shared/blobs/live-blobs";
import { type AwsSettings, type Bucket, connectBucket } from "#shared/blobs/s3-store";
import { awsConfig } from "#shared/runtime/aws-config";
import { bucketNameOf } from "../deployed-names.ts";

/** Where S3 is: who asks, and its endpoint if it is not AWS's own. */
interface S3Place {
  readonly settings: AwsSettings;
  readonly endpoint: string | undefined;
}

/** Deletes the files of a stage in a region, or in that of the environment; gives how many there were in which bucket. */
export async function deleteFiles(
  stage: string,
  region: string | undefined,
): Promise<{ readonly bucket: string; readonly deleted: number } | undefined> {
  const { config } = new DynamoDBClient({ ...awsConfig(), ...(region && { region }) });
  const place = { settings: config, endpoint: s3Endpoint() };
  const bucket = await findBucket(place, stage);
  return bucket && { bucket: bucket.name, deleted: await emptyBucket(place, bucket) };
}

/** The bucket of a stage in the caller's account, if there is one. It is found though all else of the stage is gone. */
export async function findBucket(place: S3Place, stage: string): Promise<Bucket | undefined> {
  const { settings, endpoint } = place;
  const region = await settings.region();
  const said = await connectBucket(settings, { name: "", endpoint }).send("GET", "");
  const name = namesIn(said, "Name").find((one) => {
    const account = /-(\d{12})-[a-z0-9-]+$/.exec(one)?.[1];
    return account !== undefined && one === bucketNameOf(stage, account, region);
  });
  return name === undefined ? undefined : { name, endpoint };
}

/** How many calls are open at once. */
const atOnce = 32;

/** Deletes all that is in a bucket, and gives how much that was. Throws what S3 answers. */
export async function emptyBucket({ settings }: S3Place, bucket: Bucket): Promise<number> {
  const { send } = connectBucket(settings, bucket);
  const done = new Set<string>();
  for (;;) {
    // Encoded, because keys of others than the platform may hold what XML and paths do not.
    const query = { "list-type": "2", "encoding-type": "url" };
    const paths = namesIn(await send("GET", "", { query }), "Key").map((key) =>
      key.replaceAll("+", "%20"),
    );
    if (paths.length === 0) return done.size;
    const again = paths.find((path) => done.has(path));
    if (again !== undefined) throw new Error(`S3 did not delete ${again} in ${bucket.name}.`);
    for (const path of paths) done.add(path);
    const one = async () => {
      for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
        await send("DELETE", path);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }
}

const namesIn = (xml: string, element: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${element}>([^<]+)</${element}>`, "g"))].map(
    ([, name = ""]) => name,
  );
