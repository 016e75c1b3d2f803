import type * as v from "valibot";
import type { Vendor } from "#shared/models/vendor-files";
import { libraries } from "#shared/models/vendors";
import type { Attachment } from "#shared/schema/content";
import { entriesOf, fieldsOf, textIn } from "#shared/schema/json-fields";

/** A message as a backend is shown it. */
export interface ShownMessage {
  readonly role: string;
  readonly content: unknown;
}

/** What an answer says. */
export interface Wording {
  readonly content: string;
  readonly attachments?: readonly v.InferInput<typeof Attachment>[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Loads what speaks to models, so that it takes no time of a run. */
export const loadModels = () =>
  Promise.all([
    import("#shared/models/call-vendor"),
    ...Object.values(libraries).map((library): Promise<unknown> => library()),
  ]);

/** Has models of Bedrock be called at this host, in an account of nobody. */
export function playBedrock(url: string): void {
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "a secret",
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
  });
}

/** Where the pictures of users are: under the number of their message. */
export const picturesHost = "https://pictures.example/";

/** Whether the picture of a message is there: every fourth is not. */
export const isPictureThere = (index: number) => index % 4 !== 3;

/** What the file of a picture holds. */
export const pictureBytes = (index: number) => `GIF89a${picturesHost}${index}`;

/** What a model is shown, in the form in which other backends are: whichever vendor's format it is in. */
export function shownTo(body: string): readonly ShownMessage[] {
  // The product's own request.
  const { system, messages } = JSON.parse(body) as { system?: unknown; messages: ShownMessage[] };
  const prompt = entriesOf(system).flatMap((part) => textIn(fieldsOf(part)["text"]) ?? []);
  return [
    ...prompt.map((content) => ({ role: "system", content })),
    ...messages.map(({ role, content }) => ({
      role,
      content: typeof content === "string" ? content : entriesOf(content).map(partOf),
    })),
  ];
}

function partOf(given: unknown): unknown {
  const { text, image_url, source, image } = fieldsOf(given);
  if (typeof text === "string") return { type: "text", text };
  const data =
    textIn(fieldsOf(image_url)["url"])?.split(",")[1] ??
    textIn(fieldsOf(source)["data"]) ??
    textIn(fieldsOf(fieldsOf(image)["source"])["bytes"]);
  const url = Buffer.from(data ?? "", "base64")
    .toString()
    .slice("GIF89a".length);
  return { type: "image_url", image_url: { url } };
}

/** How a model's server says something. */
export function saidBy(vendor: Vendor, { content, metadata }: Wording): object {
  const { input_tokens = 0, output_tokens = 0 } = fieldsOf(metadata?.["usage"]);
  switch (vendor) {
    case "openai":
      return {
        choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
        usage: { prompt_tokens: input_tokens, completion_tokens: output_tokens },
      };
    case "anthropic":
      return {
        type: "message",
        role: "assistant",
        content: [{ type: "text", text: content }],
        stop_reason: "end_turn",
        usage: { input_tokens, output_tokens },
      };
    case "bedrock":
      return {
        output: { message: { role: "assistant", content: [{ text: content }] } },
        stopReason: "end_turn",
        usage: { inputTokens: input_tokens, outputTokens: output_tokens },
      };
  }
}
