// The build makes a file of its own of this one, which functions load when they first call a model of a vendor. Nothing
// of ours belongs here: a class would be another one there.
export { AISDKError, generateText, isStepCount, jsonSchema } from "ai";

/** The libraries that speak to vendors; each is loaded when its vendor is first called. */
export const libraries = {
  openai: () => import("@ai-sdk/openai"),
  anthropic: () => import("@ai-sdk/anthropic"),
  bedrock: () => import("@ai-sdk/amazon-bedrock"),
} as const;
