import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Mend {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Where MiniStack 1.5.33 is not like AWS and the proofs need it to be. */
const mends: readonly Mend[] = [
  {
    // An update of a nested stack forgets the attributes of what did not change, and is rolled back.
    file: "services/cloudformation/provisioners.py",
    from: `${" ".repeat(24)}old_tagged, new_tagged, child_name, child_logical_id,
${" ".repeat(20)})`,
    to: `${" ".repeat(24)}old_tagged, new_tagged, child_name, child_logical_id,
${" ".repeat(24)}prev.get("Attributes"),
${" ".repeat(20)})`,
  },
  {
    // The policy of a bucket cannot be imported. In AWS its type can be read by `Bucket`, and so be imported:
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html
    file: "services/cloudformation/provisioners.py",
    from: `${" ".repeat(8)}"delete": _s3_bucket_policy_delete,
`,
    to: `${" ".repeat(8)}"delete": _s3_bucket_policy_delete,
${" ".repeat(8)}"import": lambda identifier: (f"{identifier['Bucket']}-policy", {}),
`,
  },
  {
    // An API has its address at AWS, which others than this machine can call over HTTPS.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-publish.html
    file: "services/cloudformation/provisioners.py",
    from: `        "apiEndpoint": f"{_apigw_v2._api_endpoint_scheme(protocol)}://{api_id}.execute-api.{_MINISTACK_HOST}:{os.environ.get('GATEWAY_PORT', '4566')}",
`,
    to: `        "apiEndpoint": f"https://{api_id}.execute-api.us-east-1.amazonaws.com",
`,
  },
  {
    // CloudFormation deletes no bucket that holds objects.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
    file: "services/cloudformation/provisioners.py",
    from: `def _s3_delete(physical_id, props):
    _s3._buckets.pop(physical_id, None)
`,
    to: `def _s3_delete(physical_id, props):
    if _s3._buckets.get(physical_id, {}).get("objects"):
        raise ValueError("The bucket you tried to delete is not empty")
    _s3._buckets.pop(physical_id, None)
`,
  },
  {
    // There is no right to SendMessageBatch: who may send may send many.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api.html
    file: "core/iam_actions.py",
    from: `    if "." in target:
        return target.rsplit(".", 1)[-1]
`,
    to: `    if target.startswith("AmazonSQS."):
        return target.rsplit(".", 1)[-1].removesuffix("Batch")
    if "." in target:
        return target.rsplit(".", 1)[-1]
`,
  },
];

/** Mends an installed emulator; one that is mended stays as it is. Throws when it is of another version. */
export function mendEmulator(venv: string): void {
  const [folder] = globSync("lib/python3.*/site-packages/ministack", { cwd: venv });
  if (folder === undefined) throw new Error(`There is no emulator in ${venv}.`);
  for (const { file, from, to } of mends) {
    const path = join(venv, folder, file);
    const source = readFileSync(path, "utf8");
    if (source.includes(to)) continue;
    if (!source.includes(from)) throw new Error(`${path} is not that of the version to mend.`);
    writeFileSync(path, source.replace(from, to));
  }
}
