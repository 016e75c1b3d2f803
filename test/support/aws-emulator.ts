import { randomBytes } from "node:crypto";
import { AwsError } from "#lib/local/embedded/aws-error";
import { type Engine, openEngine } from "#lib/local/embedded/engine";
import { createKeyService } from "#lib/local/embedded/kms";
import type { Service } from "#lib/local/embedded/services";
import { type EmbeddedClients, embeddedClients } from "./embedded-clients.ts";

/** DynamoDB, SQS and KMS of an account that is empty at first, over HTTP on this machine. */
export interface AwsEmulator extends EmbeddedClients {
  readonly engine: Engine;
  /** What a program needs in its environment to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The aliases of its keys, in the order in which they were made. */
  readonly keyAliases: string[];
  close(): Promise<void>;
}

/** Nothing by which AWS would know who asks. */
export const noAwsCredentials = {
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
  AWS_PROFILE: "",
  AWS_CONFIG_FILE: "/nowhere",
  AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** Nothing of this machine's own AWS settings. */
export const noAwsSettings = {
  AWS_ENDPOINT_URL: "",
  AWS_REGION: "",
  AWS_DEFAULT_REGION: "",
  ...noAwsCredentials,
};

/** Starts one on a free port. */
export async function startAwsEmulator(): Promise<AwsEmulator> {
  const keyAliases: string[] = [];
  const engine = openEngine({
    file: ":memory:",
    services: { TrentService: keyService(keyAliases) },
  });
  const server = await engine.listen(0);
  return {
    engine,
    ...embeddedClients(engine),
    env: { ...noAwsSettings, AWS_ENDPOINT_URL: server.url },
    keyAliases,
    close: async () => {
      await server.close();
      await engine.close();
    },
  };
}

/** KMS whose keys have to be made first. */
function keyService(aliases: string[]): Service {
  const keys = createKeyService(randomBytes(32));
  return (operation, input, ...rest) => {
    if (operation === "CreateKey") return { KeyMetadata: { KeyId: "the-key" } };
    if (operation === "CreateAlias") {
      aliases.push(String(input["AliasName"]));
      return {};
    }
    if (!aliases.includes(String(input["KeyId"]))) throw new AwsError("NotFoundException", "");
    return operation === "DescribeKey"
      ? { KeyMetadata: { KeyId: "the-key" } }
      : keys(operation, input, ...rest);
  };
}
