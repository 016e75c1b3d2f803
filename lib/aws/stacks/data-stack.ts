import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
} from "aws-cdk-lib/aws-dynamodb";
import { Alias, Key } from "aws-cdk-lib/aws-kms";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { tableDefinition } from "#shared/table/definition";
import { bucketNameOf, keyAliasOf, tableNameOf } from "../../deployed-names.ts";
import type { Stage } from "../stages.ts";

/** What must survive everything else: the table, the key that the teams' data keys are wrapped with, and the files. */
export class DataStack extends Stack {
  readonly table: Table;
  readonly key: Key;
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { stage, ...props }: StackProps & { stage: Stage }) {
    super(scope, id, { ...props, terminationProtection: stage.keepsData });
    const removalPolicy = stage.keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    this.table = new Table(this, "Table", {
      tableName: tableNameOf(stage.name),
      partitionKey: attribute(tableDefinition.partitionKey),
      sortKey: attribute(tableDefinition.sortKey),
      timeToLiveAttribute: tableDefinition.timeToLiveAttribute,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: stage.keepsData,
      removalPolicy,
    });
    for (const { name, partitionKey, sortKey, include } of tableDefinition.indexes) {
      this.table.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: attribute(partitionKey),
        sortKey: attribute(sortKey),
        projectionType: ProjectionType.INCLUDE,
        nonKeyAttributes: [...include],
      });
    }
    this.key = new Key(this, "Key", {
      description: "Wraps the data keys of the teams' secrets.",
      enableKeyRotation: true,
      removalPolicy,
    });
    new Alias(this, "KeyAlias", {
      aliasName: keyAliasOf(stage.name),
      targetKey: this.key,
      removalPolicy,
    });

    this.bucket = new Bucket(this, "Bucket", {
      bucketName: bucketNameOf(stage.name, this.account, this.region),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        {
          expiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy,
    });
    // A bucket that is kept and comes back does so with it.
    this.bucket.policy?.applyRemovalPolicy(removalPolicy);

    new CfnOutput(this, "TableName", { value: this.table.tableName });
    new CfnOutput(this, "KeyArn", { value: this.key.keyArn });
  }
}

const types = { S: AttributeType.STRING, N: AttributeType.NUMBER };

const attribute = ({ name, type }: { name: string; type: "S" | "N" }): Attribute => ({
  name,
  type: types[type],
});
