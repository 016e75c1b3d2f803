import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { OutboundRequest } from "../outbound/safe-fetch.ts";
import type { ModelCall } from "./call-model.ts";
import { ModelSetupError } from "./model-setup-error.ts";

/** How Bedrock is called. */
interface BedrockAccount {
  readonly settings: {
    readonly apiKey: string;
    readonly baseURL?: string;
    readonly region?: string;
  };
  /** Signs a call as it is sent, where no key of an API goes with it. */
  readonly sign?: SignCall;
}

/** Gives the headers of a call with its signature. */
export type SignCall = (
  url: string,
  request: Pick<OutboundRequest, "method" | "headers" | "body">,
) => Promise<Record<string, string>>;

/** Whose Bedrock a model is called in: that of its own key, or that of this process. Throws `ModelSetupError`. */
export function bedrockAccount({
  base_url,
  api_key,
}: Pick<ModelCall["model"], "base_url" | "api_key">): BedrockAccount {
  if (base_url !== null) {
    // A request signed for the account's role carries its session token: not to a server that a team named.
    if (api_key === undefined) {
      throw new ModelSetupError("A Bedrock model with a base_url needs an api_key of its own.");
    }
    return { settings: { baseURL: base_url, apiKey: api_key.trim() } };
  }
  const region = process.env["AWS_REGION"];
  if (!region) throw new ModelSetupError("Bedrock needs AWS_REGION in the environment.");
  const endpoint = process.env["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"];
  const place = { region, ...(endpoint && { baseURL: endpoint.replace(/\/$/, "") }) };
  const apiKey = api_key?.trim() ?? process.env[bearerVariable];
  if (apiKey) return { settings: { ...place, apiKey } };
  // The library would sign what it is given, which has no files yet, and hold them in memory once more.
  return { settings: { ...place, apiKey: "signed" }, sign: signerOf(region) };
}

/** Secrets of the environment that a call of Bedrock may carry. */
export const secretsOfAccount = (): readonly string[] =>
  ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", bearerVariable].flatMap(
    (name) => process.env[name] ?? [],
  );

const bearerVariable = "AWS_BEARER_TOKEN_BEDROCK";

function signerOf(region: string): SignCall {
  const accessKeyId = process.env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = process.env["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = process.env["AWS_SESSION_TOKEN"];
  if (!accessKeyId || !secretAccessKey) {
    throw new ModelSetupError(
      "Bedrock needs the credentials of an AWS account in the environment.",
    );
  }
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    region,
    service: "bedrock",
    sha256: Sha256,
  });
  return async (text, { method, headers, body }) => {
    const { protocol, hostname, host, pathname } = new URL(text);
    const { authorization: _, ...others } = headers;
    const signed = await signer.sign({
      method,
      protocol,
      hostname,
      path: pathname,
      query: {},
      headers: { ...others, host },
      body,
    });
    return signed.headers;
  };
}

/** Node's own digest in the form that the signer takes. */
class Sha256 {
  #hash: Hash | Hmac;
  readonly #secret: string | ArrayBuffer | ArrayBufferView | undefined;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret;
    this.#hash = this.#begin();
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin() {
    return this.#secret === undefined
      ? createHash("sha256")
      : createHmac("sha256", bytesOf(this.#secret));
  }
}

const bytesOf = (data: string | ArrayBuffer | ArrayBufferView) =>
  typeof data === "string"
    ? Buffer.from(data)
    : data instanceof ArrayBuffer
      ? Buffer.from(data)
      : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
