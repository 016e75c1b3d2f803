/**
 * Whether a field of an answer, which OpenAI's interface does not have, is one that its server wants to see again, or it
 * loses its thread or refuses the call: `reasoning_content` (DeepSeek, Kimi), `reasoning`, `reasoning_details`
 * (OpenRouter), `extra_content` (Gemini), `thinking_blocks`, `provider_specific_fields` (LiteLLM), `reasoning_opaque`
 * (Copilot), `thought_signature`. The SDK knows none of them.
 * https://api-docs.deepseek.com/guides/thinking_mode, https://openrouter.ai/docs/use-cases/reasoning-tokens,
 * https://ai.google.dev/gemini-api/docs/thought-signatures, https://docs.litellm.ai/docs/reasoning_content
 */
export const isKept = (name: string): boolean =>
  /reasoning|thinking|thought|^extra_content$|^provider_specific_fields$/.test(name);
