import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { liveBlobs } from "#shared/blobs/live-blobs";
import { blobKey } from "#shared/files/file";
import type { Id } from "#shared/runtime/ids";
import { type Answer, answers, startFakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { aDocument, aPhoto, useFileChat } from "#test/support/file-chat";
import { modelAt, openModelChat, useBedrockAt } from "#test/support/model-chat";
import { strictModel, toldOf } from "#test/support/strict-vendors";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const backend = useFakeBackend();
/** Where strangers have their files. */
const elsewhere = useFakeBackend();
useBedrockAt(backend);
afterEach(() => {
  jest.restoreAllMocks();
});

const png = Buffer.from("\x89PNG\r\n\x1a\n a picture", "latin1");
const jpeg = Buffer.from("\xff\xd8\xff\xe0 a photo", "latin1");
const pdf = Buffer.from("%PDF-1.7 a report");
const wav = Buffer.from("RIFF\x01\x02\x03\x04WAVE sound", "latin1");
const image = (url: string) => ({ type: "image_url", image_url: { url } });
const file = (url: string, name?: string, mime_type?: string) => ({
  type: "file",
  file: { url, name, mime_type },
});
const words = (text: string) => ({ type: "text", text });
const lost = (why: string, name = "a") => `[file ${name}] This file could not be read. ${why}`;

describe.each(["openai", "anthropic", "bedrock"] as const)("A model of %s", (vendor) => {
  const open = (options: Parameters<typeof openModelChat>[3] = {}) =>
    openModelChat(platform, vendor, backend.url, options);
  const told = (place = -1) => toldOf(vendor, backend.requests.at(place)!);

  it("is given a picture and a document as its vendor takes them, by what their bytes are", async () => {
    const chat = await open();
    backend.answer(strictModel(vendor));
    elsewhere.answer(answers.bytes(png, "image/x-unknown"), answers.bytes(pdf));
    const reply = await chat.replyTo([
      words("Look"),
      image(`${elsewhere.url}/a.jpg`),
      file(`${elsewhere.url}/b`, "Bericht über_alles.pdf", "application/pdf"),
    ]);
    expect(reply.content).toBe("I see.");
    const { said, files } = told();
    const name = vendor === "bedrock" ? "Bericht ber alles 1" : "Bericht über_alles.pdf";
    expect(said).toEqual([
      {
        openai: `user: Look <image image/png> <document application/pdf ${name}>`,
        anthropic: `user: Look <image image/png> <document application/pdf ${name}>`,
        bedrock: `user: Look <image png> <document pdf ${name}>`,
      }[vendor],
    ]);
    expect(files.map(({ bytes }) => bytes)).toEqual([png, pdf]);
  });

  it("is given a document that nothing was said of", async () => {
    const chat = await open();
    backend.answer(strictModel(vendor));
    elsewhere.answer(answers.bytes(pdf));
    expect((await chat.replyTo([file(`${elsewhere.url}/b`)])).content).toBe("I see.");
    expect(told().files).toHaveLength(1);
  });

  it("is given what a text, a list or JSON says, its beginning where it is long", async () => {
    const chat = await open();
    backend.answer(strictModel(vendor));
    elsewhere.answer(
      answers.bytes(Buffer.from("name,age\nAda,36"), "text/csv"),
      answers.bytes(Buffer.from('{"a":1}')),
      answers.bytes(Buffer.from("é".repeat(50_000)), "text/plain"),
    );
    await chat.replyTo([
      file(`${elsewhere.url}/people.csv`),
      file(`${elsewhere.url}/data`, "data.json"),
      file(`${elsewhere.url}/long`, "long.txt"),
    ]);
    const { said, files } = told();
    expect(files).toEqual([]);
    expect(said[0]).toContain('[file people.csv]\nname,age\nAda,36\n\n[file data.json]\n{"a":1}');
    expect(said[0]).toMatch(/é\n\(Only the first 64 KiB are shown\.\)$/);
    expect(said[0]).not.toContain("\ufffd");
  });

  it("is given sound where its vendor takes it", async () => {
    const chat = await open();
    backend.answer(strictModel(vendor));
    elsewhere.answer(answers.bytes(wav));
    await chat.replyTo([words("Listen"), file(`${elsewhere.url}/a`)]);
    expect(told().said).toEqual([
      vendor === "openai"
        ? "user: Listen <audio wav>"
        : `user: Listen\n\n${lost("The model takes no sound.")}`,
    ]);
  });

  it.each<[string, Answer, string | RegExp]>([
    [
      "is of no kind that it takes",
      answers.bytes(Buffer.from("OggS…")),
      "It is of a kind that models do not take.",
    ],
    ["is gone", answers.status(404), "It is no longer there."],
    ["is a page", answers.html("<h1>Hi</h1>"), "The platform sent a page instead of it."],
    ["is broken off", answers.resetAfterHeaders(), /closed the connection/],
    ["is too large", answers.endlessBody(21 * 1_048_576), "It is larger than 20 MiB."],
  ])("is told why a file is not there that %s", async (_, answer, why) => {
    const chat = await open();
    backend.answer(strictModel(vendor));
    elsewhere.answer(answer);
    expect((await chat.replyTo([words("Look"), file(`${elsewhere.url}/a`)])).content).toBe(
      "I see.",
    );
    expect(told().said[0]).toMatch(why instanceof RegExp ? why : `user: Look\n\n${lost(why)}`);
  });

  it("is told of a picture that is larger than its vendor takes", async () => {
    const chat = await open();
    backend.answer(strictModel(vendor));
    elsewhere.answer(answers.bytes(Buffer.concat([png, Buffer.alloc(4_000_000)])));
    await chat.replyTo([words("Look"), image(`${elsewhere.url}/a`)]);
    expect(told().files).toHaveLength(vendor === "openai" ? 1 : 0);
    if (vendor !== "openai") {
      expect(told().said[0]).toContain(lost("It is larger than the 3."));
    }
  });

  it("is given the newest of too many", async () => {
    const chat = await open();
    backend.answer(strictModel(vendor));
    elsewhere.answer(answers.bytes(jpeg));
    const many = Array.from({ length: 22 }, (_, place) => image(`${elsewhere.url}/${place}`));
    await chat.replyTo(many.slice(0, 3));
    await chat.replyTo(many.slice(3));
    const { said, files } = told();
    expect(files).toHaveLength(20);
    expect(said[0]).toMatch(/^user: <image [^>]+> \[file 1\].*too many.*\[file 2\].*too many/s);
  });

  it("never has a library fetch anything", async () => {
    const fetched = jest.spyOn(globalThis, "fetch").mockRejectedValue(new Error("Not by us."));
    const chat = await open();
    backend.answer(strictModel(vendor));
    elsewhere.answer(answers.bytes(png));
    await chat.replyTo([image(`${elsewhere.url}/a.png`), image("https://127.0.0.1:1/b.png")]);
    expect(told().files).toHaveLength(1);
    expect(fetched).not.toHaveBeenCalled();
  });

  it("has a file fetched once for itself and for its fallbacks", async () => {
    const chat = await open();
    const second = await startFakeBackend();
    try {
      const other = vendor === "openai" ? "anthropic" : "openai";
      await chat.add(modelAt(other, second.url, { fallback: true }));
      backend.answer(answers.status(503));
      second.answer(strictModel(other));
      elsewhere.answer(answers.bytes(png));
      expect((await chat.replyTo([image(`${elsewhere.url}/a`)])).content).toBe("I see.");
      expect(toldOf(other, second.requests[0]!).files.map(({ bytes }) => bytes)).toEqual([png]);
      expect(elsewhere.requests).toHaveLength(1);
    } finally {
      await second.close();
    }
  });
});

const refusals: [string, "openai" | "anthropic" | "bedrock", number, string][] = [
  ["OpenAI", "openai", 400, "Invalid content type. image_url is only supported by certain models."],
  ["vLLM", "openai", 400, "qwen3 is not a multimodal model"],
  ["vLLM with a limit", "openai", 400, "At most 0 image(s) may be provided in one prompt."],
  ["Ollama", "openai", 400, "this model does not support image input"],
  [
    "llama.cpp",
    "openai",
    500,
    "image input is not supported - hint: you may need to provide the mmproj",
  ],
  ["OpenRouter", "openai", 404, "No endpoints found that support image input"],
  [
    "DeepSeek",
    "openai",
    422,
    "messages[0]: unknown variant `image_url`, expected `text` at line 1",
  ],
  [
    "DeepSeek's old servers",
    "openai",
    422,
    "messages[0]: invalid type: sequence, expected a string",
  ],
  ["Groq", "openai", 400, "'messages.0.content' : value must be a string"],
  ["Mistral", "openai", 400, "Image input is not enabled for this model"],
  ["a server with Pydantic", "openai", 422, "Input should be 'text'"],
  ["Anthropic", "anthropic", 400, "'claude-2.1' does not support image input."],
  [
    "Bedrock",
    "bedrock",
    400,
    "This model doesn't support the image content block that you provided.",
  ],
];

describe("A model that takes no pictures", () => {
  it.each(refusals)(
    "is asked once more without them, and for an hour not with them, when it refuses as %s does",
    async (_, vendor, status, words) => {
      const chat = await openModelChat(platform, vendor, backend.url);
      const before = (
        await platform.call("getIntegration", { as: chat.key, params: { id: chat.id } })
      ).body;
      backend.answer(strictModel(vendor, { text: "What picture?" }, { words, status }));
      elsewhere.answer(answers.bytes(png));
      const said = [{ type: "text", text: "Look" }, image(`${elsewhere.url}/a`)];
      expect((await chat.replyTo(said)).content).toBe("What picture?");
      expect(backend.requests).toHaveLength(2);
      expect(toldOf(vendor, backend.requests[1]!).said).toEqual([
        `user: Look\n\n${lost("The model takes no pictures.")}`,
      ]);
      await chat.replyTo("And now?");
      expect(backend.requests).toHaveLength(3);
      platform.advance(60 * 60_000 + 1);
      await chat.replyTo("And now?");
      expect(backend.requests).toHaveLength(5);
      const after = await platform.call("getIntegration", {
        as: chat.key,
        params: { id: chat.id },
      });
      expect(after.body).toEqual(before);
    },
  );

  it("is given documents all the same, and pictures once it is another model", async () => {
    const chat = await openModelChat(platform, "openai", backend.url);
    const words = "image_url is only supported by certain models";
    backend.answer(strictModel("openai", { text: "Hm." }, { words, status: 400, if: /image_url/ }));
    elsewhere.answer((request, ...rest) =>
      answers.bytes(request.path === "/b" ? pdf : png)(request, ...rest),
    );
    await chat.replyTo([image(`${elsewhere.url}/a`)]);
    await chat.replyTo([file(`${elsewhere.url}/b`)]);
    expect(toldOf("openai", backend.requests.at(-1)!).files).toMatchObject([{ kind: "document" }]);
    const patch = { as: chat.key, params: { id: chat.id }, body: { model: "gpt-4o" } };
    await platform.call("updateIntegration", patch);
    backend.answer(strictModel("openai"));
    await chat.replyTo([image(`${elsewhere.url}/c`)]);
    expect(toldOf("openai", backend.requests.at(-1)!).files.at(-1)).toMatchObject({
      kind: "image",
    });
  });

  it("is given none from the next message on when its refusal left no time to be asked again", async () => {
    const chat = await openModelChat(platform, "openai", backend.url);
    const patch = { as: chat.key, params: { id: chat.id }, body: { timeout_seconds: 1 } };
    await platform.call("updateIntegration", patch);
    const words = "image_url is only supported by certain models";
    const model = strictModel("openai", { text: "Hm." }, { words, status: 400, if: /image_url/ });
    backend.answer((...asked) => {
      platform.advance(1);
      return model(...asked);
    });
    elsewhere.answer(answers.bytes(png));
    expect((await chat.replyTo([image(`${elsewhere.url}/a`)])).metadata).toEqual({ failed: true });
    expect((await chat.replyTo("And now?")).content).toBe("Hm.");
    expect(backend.requests).toHaveLength(2);
  });

  it("is asked without a picture that it cannot read, and with the next one", async () => {
    const chat = await openModelChat(platform, "anthropic", backend.url);
    const words = "Could not process image";
    backend.answer(
      strictModel("anthropic", {}, { words, status: 400 }),
      strictModel("anthropic", { text: "Hm." }),
    );
    elsewhere.answer(answers.bytes(png));
    expect((await chat.replyTo([image(`${elsewhere.url}/a`)])).content).toBe("Hm.");
    await chat.replyTo([image(`${elsewhere.url}/b`)]);
    expect(toldOf("anthropic", backend.requests.at(-1)!).files).toHaveLength(2);
  });

  it.each([
    [401, "Incorrect API key"],
    [400, "The context is too long"],
    [500, "The image service is down"],
    [429, "image_url is only supported by certain models"],
  ])("is not asked again for another reason: %i %s", async (status, words) => {
    const chat = await openModelChat(platform, "openai", backend.url);
    backend.answer(answers.json({ error: { message: words } }, { status }));
    elsewhere.answer(answers.bytes(png));
    expect((await chat.replyTo([image(`${elsewhere.url}/a`)])).metadata).toEqual({ failed: true });
    expect(backend.requests).toHaveLength(1);
  });
});

describe("A file of a platform", () => {
  const on = useFileChat(platform);

  /** Has a model answer in place of the webhook. */
  async function withModel() {
    const { key, bot_id } = on.chat;
    const params = { bot_id };
    const { body } = await platform.call("listIntegrations", { as: key, params });
    for (const { id } of body.data) {
      await platform.call("deleteIntegration", { as: key, params: { id } });
    }
    const made = modelAt("openai", on.backend.url);
    await platform.call("createIntegration", { as: key, params, body: made });
    on.backend.answer(strictModel("openai"));
  }

  it("is read from the bucket, and an album is one message", async () => {
    await withModel();
    on.put("cat", { bytes: jpeg });
    on.put("report", { bytes: pdf });
    await on.tell({ ...aPhoto("cat"), media_group_id: "1", caption: "Both" });
    await on.tell({ ...aDocument("report"), media_group_id: "1" });
    platform.advance(5_000);
    await platform.settle();
    const { said, files } = toldOf("openai", on.backend.requests[0]!);
    expect(said).toEqual(["user: Both <image image/jpeg> <document application/pdf report.pdf>"]);
    expect(files.map(({ bytes }) => bytes)).toEqual([jpeg, pdf]);
  });

  it("that is no longer in the bucket is told of by its name", async () => {
    await withModel();
    on.put("report", { bytes: pdf });
    await on.say(aDocument("report"));
    const [row] = await on.rows();
    await liveBlobs().delete(blobKey(on.chat.team.id, row!["id"] as Id<"file">));
    await on.say({ text: "And now?" });
    const { said } = toldOf("openai", on.backend.requests.at(-1)!);
    expect(said[0]).toBe(`user: ${lost("It is no longer there.", "report.pdf")}`);
  });
});
