import type { LanguageModel } from "ai";
import type { ModelCall } from "./call-model.ts";
import { vendorUrls } from "./vendor-urls.ts";
import type { libraries as AllLibraries } from "./vendors.ts";

/** A model that cannot be called as it is set up; the message says in a sentence what to change. */
export class ModelSetupError extends Error {
  override readonly name = "ModelSetupError";
}

/**
 * Opens a model of a vendor over the given fetch, loading only that vendor's code. Everything is said here: keys and
 * addresses that stand in the environment for other purposes never go to a server that a team named.
 * Throws `ModelSetupError`.
 */
export async function openModel(
  { provider, name, base_url, api_key }: ModelCall["model"],
  libraries: typeof AllLibraries,
  fetch: typeof globalThis.fetch,
): Promise<LanguageModel> {
  if (base_url !== null && /[?#]/.test(base_url)) {
    throw new ModelSetupError("The model's base_url must not contain ? or #.");
  }
  const apiKey = api_key?.trim() ?? "";
  if (!/^[\x21-\x7e]*$/.test(apiKey)) {
    throw new ModelSetupError(
      "The model's api_key has characters that no key has, such as line breaks.",
    );
  }
  switch (provider) {
    case "openai": {
      const { createOpenAI } = await libraries.openai();
      const baseURL = base_url ?? vendorUrls.openai;
      return createOpenAI({ baseURL, apiKey, fetch }).chat(name);
    }
    case "anthropic": {
      const { createAnthropic } = await libraries.anthropic();
      const baseURL = base_url ?? vendorUrls.anthropic;
      return createAnthropic({ baseURL, apiKey, fetch })(name);
    }
    case "bedrock": {
      const { createAmazonBedrock } = await libraries.bedrock();
      if (base_url !== null) {
        // A request signed for the account's role carries its session token: not to a server that a team named.
        if (api_key === undefined) {
          throw new ModelSetupError("A Bedrock model with a base_url needs an api_key of its own.");
        }
        return createAmazonBedrock({ baseURL: base_url, apiKey, fetch })(name);
      }
      const account = api_key === undefined ? roleOf() : { apiKey };
      return createAmazonBedrock({ ...account, region: regionOf(), fetch })(name);
    }
    case "echo":
      throw new ModelSetupError("The echo model has no vendor.");
  }
}

/** Secrets of the environment that a call of this model may carry. */
export function ownSecrets({ provider }: ModelCall["model"]): readonly string[] {
  if (provider !== "bedrock") return [];
  return [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    bearerVariable,
  ].flatMap((name) => process.env[name] ?? []);
}

const bearerVariable = "AWS_BEARER_TOKEN_BEDROCK";

const regionOf = () => {
  const region = process.env["AWS_REGION"];
  if (!region) throw new ModelSetupError("Bedrock needs AWS_REGION in the environment.");
  return region;
};

function roleOf() {
  if (process.env[bearerVariable]) return { apiKey: process.env[bearerVariable] };
  const accessKeyId = process.env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = process.env["AWS_SECRET_ACCESS_KEY"];
  if (!accessKeyId || !secretAccessKey) {
    throw new ModelSetupError(
      "Bedrock needs the credentials of an AWS account in the environment.",
    );
  }
  return { accessKeyId, secretAccessKey, sessionToken: process.env["AWS_SESSION_TOKEN"] };
}
