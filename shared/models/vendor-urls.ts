/** Where vendors are reached that have one address for all, up to and with the version. */
export const vendorUrls = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com/v1",
} as const;
