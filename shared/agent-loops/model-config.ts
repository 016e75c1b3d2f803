import * as v from "valibot";
import { MaxOutputTokens, ModelName, Temperature } from "../models/tuning.ts";
import { omittable, url } from "../schema/fields.ts";
import { HeaderMap, ShownHeaders } from "../schema/headers.ts";

const temperatureText =
  "How freely the model chooses its words, from 0 to 2; the provider's own choice when null.";
const maxOutputTokensText =
  "The most tokens of one answer of the model; the provider's own limit when null.";
const modelEntries = {
  provider: v.pipe(
    v.picklist(["openai", "anthropic", "bedrock", "echo"]),
    v.title("ModelProvider"),
    v.description(
      "`openai` is any server with OpenAI's chat completions; `echo` answers with the user message and needs no key.",
    ),
  ),
  name: v.pipe(ModelName, v.description("The model, as its provider names it.")),
  base_url: v.pipe(
    v.optional(v.nullable(v.pipe(url, v.regex(/^[^?#]*$/, "Must have no ? and no #."))), null),
    v.description("Up to and with `/v1`; the vendor's own when null."),
  ),
  temperature: v.pipe(v.optional(v.nullable(Temperature), null), v.description(temperatureText)),
  max_output_tokens: v.pipe(
    v.optional(v.nullable(MaxOutputTokens), null),
    v.description(maxOutputTokensText),
  ),
};

const ApiKey = v.nullable(
  v.pipe(
    v.string(),
    v.regex(/^[\x21-\x7e•]{1,4096}$/, "Must be 1 to 4,096 printable ASCII characters."),
  ),
);

/** Which model thinks, and how it is reached. */
export const ModelInput = v.pipe(
  v.strictObject({
    ...modelEntries,
    api_key: v.pipe(
      v.optional(ApiKey, null),
      v.description(
        "The provider's key. It is stored encrypted and shown masked; `bedrock` and `echo` need none.",
      ),
    ),
    headers: omittable(HeaderMap, {}),
  }),
  v.title("ModelConfig"),
  v.description("Which model thinks, and how it is reached; `echo` when left out."),
);

/** A model instead of the one before; only its key need not be given again. */
export const ModelPatch = v.pipe(
  v.strictObject({
    ...ModelInput.entries,
    api_key: v.pipe(
      v.optional(ApiKey),
      v.description(
        "Kept when it is left out or equal to its mask; then the model must be on the same server. Null drops it, and so does a change to `echo`, which calls no server.",
      ),
    ),
  }),
  v.title("ModelConfigUpdate"),
  v.description("A model in place of the one before; only its key need not be given again."),
);

/** A model as answers show it. */
export const ShownModel = v.pipe(
  v.object({
    provider: modelEntries.provider,
    name: modelEntries.name,
    base_url: v.pipe(
      v.nullable(v.string()),
      v.description("Up to and with `/v1`; the vendor's own when null."),
    ),
    api_key: v.pipe(
      v.nullable(v.string()),
      v.description("The mask of the key, such as `••••3kf9`; null when there is none."),
    ),
    headers: ShownHeaders,
    temperature: v.pipe(v.nullable(v.number()), v.description(temperatureText)),
    max_output_tokens: v.pipe(
      v.nullable(v.pipe(v.number(), v.integer())),
      v.description(maxOutputTokensText),
    ),
  }),
  v.title("ModelConfig"),
  v.description("Which model thinks, and how it is reached."),
);
