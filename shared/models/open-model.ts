import type { LanguageModelV4 } from "@ai-sdk/provider";
import { bedrockAccount, secretsOfAccount, type SignCall } from "./bedrock-account.ts";
import type { ModelCall } from "./call-model.ts";
import { ModelSetupError } from "./model-setup-error.ts";
import { vendorUrls } from "./vendor-urls.ts";
import type { libraries as AllLibraries } from "./vendors.ts";

/** A vendor's model that can be called. */
interface OpenedModel {
  /** Makes it over a fetch, loading only that vendor's code. */
  readonly over: (
    libraries: typeof AllLibraries,
    fetch: typeof globalThis.fetch,
  ) => Promise<LanguageModelV4>;
  readonly sign?: SignCall | undefined;
}

/**
 * Opens a model of a vendor. Everything is said here: keys and addresses that stand in the environment for other purposes
 * never go to a server that a team named. Throws `ModelSetupError`.
 */
export function openModel(model: ModelCall["model"]): OpenedModel {
  const { provider, name, base_url, api_key } = model;
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
      const baseURL = base_url ?? vendorUrls.openai;
      return {
        over: async ({ openai }, fetch) =>
          (await openai()).createOpenAI({ baseURL, apiKey, fetch }).chat(name),
      };
    }
    case "anthropic": {
      const baseURL = base_url ?? vendorUrls.anthropic;
      return {
        over: async ({ anthropic }, fetch) =>
          (await anthropic()).createAnthropic({ baseURL, apiKey, fetch })(name),
      };
    }
    case "bedrock": {
      const { settings, sign } = bedrockAccount(model);
      return {
        over: async ({ bedrock }, fetch) =>
          (await bedrock()).createAmazonBedrock({ ...settings, fetch })(name),
        sign,
      };
    }
    case "echo":
      throw new ModelSetupError("The echo model has no vendor.");
  }
}

/** Secrets of the environment that a call of this model may carry. */
export const ownSecrets = ({ provider }: ModelCall["model"]): readonly string[] =>
  provider === "bedrock" ? secretsOfAccount() : [];
