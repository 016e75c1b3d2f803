// The build makes a file of its own of this one, which functions load when they first call a model of a vendor. No class
// of ours belongs here: it would be another one there.
export { AISDKError } from "@ai-sdk/provider";
export { fileRefusalOf } from "./file-refusal.ts";
export { generate } from "./generate.ts";
export { giveBackFields } from "./kept-fields.ts";
export { withoutPlaceholders } from "./messages-api.ts";
export { failureOf } from "./model-failure.ts";
export { reworded } from "./reworded.ts";
export { streamedCompletion } from "./streamed-completion.ts";

/** Loads once: an `import()` of what is there costs a look-up each time. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: T | undefined;
  return async () => (loaded ??= await load());
}

/** The libraries that speak to vendors; each is loaded when its vendor is first called. */
export const libraries = {
  openai: once(() => import("@ai-sdk/openai")),
  anthropic: once(() => import("@ai-sdk/anthropic")),
  bedrock: once(() => import("@ai-sdk/amazon-bedrock")),
} as const;
