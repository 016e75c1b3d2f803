import { describe, expect, it } from "@jest/globals";
import { ApiError } from "#shared/errors/api-error";
import { askBackend, type BackendRequest } from "#shared/integrations/backend";
import type { BackendAnswer } from "#shared/integrations/backend-answer";
import { checkIntegration } from "#shared/integrations/check-integration";
import type { StoredIntegration } from "#shared/integrations/integration";
import { newIntegration } from "#shared/integrations/new-integration";
import { createCallModel } from "#shared/models/create-call-model";
import { OutboundError } from "#shared/outbound/outbound-error";
import type { SafeFetch } from "#shared/outbound/safe-fetch";
import { problemsOfHeaders, problemsOfMasks } from "#shared/schema/reserved-headers";
import { mask } from "#shared/secrets/mask";
import { sealMap } from "#shared/secrets/seal-map";
import type { Sealed } from "#shared/secrets/sealed";
import type { TeamSecrets } from "#shared/secrets/team-secrets";

const url = "https://backend.example.com/chat";

/** What is wrong, and under which code; undefined when nothing is. */
function refusal(...given: Parameters<typeof checkIntegration>) {
  try {
    checkIntegration(...given);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { code: error.code, paths: error.details?.map(({ path }) => path) };
  }
}

/** Nothing is stored yet. */
const fresh = { url: null, headers: {} };

describe("checkIntegration", () => {
  it.each([
    ["a webhook with a URL", "webhook", { url }],
    ["a change without a URL", "webhook", {}],
    ["an echo without a URL", "echo", { url: null }],
    ["an echo with headers, which do no harm", "echo", { headers: { "X-A": "1" } }],
  ] as const)("admits %s", (_, type, given) => {
    expect(refusal(type, given, fresh, false)).toBeUndefined();
  });

  it("looks at a URL last, so that what is wrong with the request is said first", () => {
    const given = { url: "http://localhost", headers: { Host: "x" } };
    expect(refusal("webhook", given, fresh, false)).toEqual({
      code: "validation_error",
      paths: ["body.headers.Host"],
    });
    expect(refusal("webhook", { url: given.url }, fresh, false)).toEqual({
      code: "url_not_allowed",
      paths: ["body.url"],
    });
    expect(refusal("webhook", { url: given.url }, fresh, true)).toBeUndefined();
  });

  it("names all that is wrong at once", () => {
    const given = { url: null, headers: { Host: "x", "X-A": "••••", "x-a": "y" } };
    expect(refusal("webhook", given, fresh, false)?.paths).toEqual([
      "body.url",
      "body.headers.Host",
      "body.headers.x-a",
      "body.headers.X-A",
    ]);
  });
});

describe("problemsOfHeaders", () => {
  it.each(["host", "HOST", "Content-Length", "x-bot-id", "WEBHOOK-SIGNATURE", "te"])(
    "finds the reserved name %s whatever its case",
    (name) => {
      expect(problemsOfHeaders("body.headers", { [name]: "x" })).toEqual([
        { path: `body.headers.${name}`, message: expect.stringContaining("We set this header") },
      ]);
    },
  );

  it.each(["Authorization", "Cookie", "X-Bot-Id-2", "Accept", "X-Host", "constructor", "Date"])(
    "admits %s",
    (name) => {
      expect(problemsOfHeaders("body.headers", { [name]: "x" })).toEqual([]);
    },
  );
});

describe("problemsOfMasks", () => {
  const stored = { "X-Long": { mask: "••••3kf9" }, "X-Short": { mask: "••••" } };

  it.each([
    [{ "X-Long": "••••3kf9", "X-Short": "••••" }, []],
    [{ "X-Long": "new value", "X-Other": "3kf9" }, []],
    [{ "X-Long": "••••" }, ["X-Long"]],
    [{ "X-Short": "••••3kf9" }, ["X-Short"]],
    [{ "x-long": "••••3kf9" }, ["x-long"]],
    [{ "X-Other": "a•b" }, ["X-Other"]],
    [{ toString: "••••" }, ["toString"]],
  ])("looks at %j and finds %j", (given, names) => {
    const found = problemsOfMasks("body.headers", given, stored);
    expect(found.map(({ path }) => path)).toEqual(names.map((name) => `body.headers.${name}`));
  });
});

/** Secrets that can be read in a test: sealed is the text with its place. */
const openSecrets: TeamSecrets = {
  seal: async (_, { field }, text): Promise<Sealed> => ({
    ciphertext: Buffer.from(`${field}=${text}`),
    mask: mask(text),
    key: 1,
  }),
  open: async (_, { field }, { ciphertext }) => {
    const [place, text = ""] = Buffer.from(ciphertext).toString().split("=");
    if (place !== field) throw new Error(`It was sealed for ${place}, not for ${field}.`);
    return text;
  },
};

describe("sealMap", () => {
  const place = (name: string) => ({ resource_id: "int_1", field: name });
  const sealed = (values: Record<string, string>, before: Record<string, Sealed> = {}) =>
    sealMap(openSecrets, "team_1", values, before, place);

  it("keeps what is given as its own mask, seals the rest, and drops what is left out", async () => {
    const before = await sealed({ Kept: "a-long-secret", Changed: "1234", Dropped: "x" });
    const after = await sealed({ Kept: "••••cret", Changed: "5678", New: "y" }, before);
    expect(Object.keys(after)).toEqual(["Kept", "Changed", "New"]);
    expect(after["Kept"]).toBe(before["Kept"]);
    expect(Buffer.from(after["Changed"]!.ciphertext).toString()).toBe("Changed=5678");
  });

  it("takes no inherited name for a stored one", async () => {
    const [own] = Object.entries(await sealed({ toString: "x" }));
    expect(own).toMatchObject(["toString", { mask: "••••" }]);
  });
});

describe("askBackend", () => {
  const webhook: StoredIntegration = {
    ...newIntegration({
      id: "int_1",
      bot_id: "bot_1",
      name: "Backend",
      type: "webhook",
      at: "2026-03-04T05:06:00.000Z",
    }),
    url,
  };
  const request: BackendRequest = {
    messages: [
      { role: "system", content: "Be kind." },
      {
        role: "user",
        content: [
          { type: "text", text: "One" },
          { type: "text", text: "Two" },
        ],
      },
    ],
    conversation_id: null,
    user: { id: "ada", platform: "web", name: null, username: null },
    bot: { id: "bot_1", name: "Concierge" },
    metadata: {
      channel: "web",
      channel_id: null,
      chat_id: null,
      message_id: "msg_1",
      thread_id: null,
    },
  };

  async function ask(fetch: SafeFetch, fields: Partial<StoredIntegration> = {}) {
    const signing_secret = await openSecrets.seal(
      "team_1",
      { resource_id: "int_1", field: "signing_secret" },
      `whsec_${Buffer.alloc(32).toString("base64").replace("=", "")}`,
    );
    const integration = { ...webhook, signing_secret, ...fields };
    const callModel = createCallModel({ fetch });
    const deps = { fetch, callModel, secrets: openSecrets, clock: () => 1_772_600_760_999 };
    const call = { id: "msg_1" as const, request, timeout_ms: 30_000 };
    return askBackend(deps, "team_1", integration, call);
  }

  const answering =
    (text: string, status = 200): SafeFetch =>
    async () => ({ status, headers: {}, body: Buffer.from(text), text: () => text });

  it("takes the content, attachments and metadata of an answer and drops the rest", async () => {
    const attachments = [{ type: "image", url: "https://example.com/a.png", name: "a.png" }];
    const answer = { content: "Hi", attachments, metadata: { model: "x" }, more: 1 };
    expect(await ask(answering(JSON.stringify(answer)))).toEqual({
      ok: true,
      status: 200,
      content: "Hi",
      attachments,
      metadata: { model: "x" },
    });
  });

  it.each([199, 300, 304, 404, 500])("takes the status %i for a failure", async (status) => {
    expect(await ask(answering('{"content":"Hi"}', status))).toMatchObject({
      ok: false,
      status,
      code: "http_error",
    });
  });

  it.each([200, 201, 299])("takes the status %i for an answer", async (status) => {
    expect(await ask(answering('{"content":"Hi"}', status))).toMatchObject({ ok: true, status });
  });

  it.each<[ConstructorParameters<typeof OutboundError>[0], string]>([
    ["timeout", "timeout"],
    ["network", "network_error"],
    ["too_large", "response_too_large"],
    ["not_allowed", "url_not_allowed"],
  ])("calls a failed call (%s) %s", async (code, expected) => {
    const failing: SafeFetch = async () => {
      throw new OutboundError(code, "What happened.");
    };
    const failure: BackendAnswer = await ask(failing);
    expect(failure).toEqual({
      ok: false,
      status: null,
      code: expected,
      message: "What happened.",
    });
  });

  it("throws when it is stopped, which is no failure of the backend", async () => {
    const stopped: SafeFetch = async () => {
      throw new OutboundError("aborted", "Stopped.");
    };
    await expect(ask(stopped)).rejects.toThrow("Stopped.");
  });

  it("signs with the old secret until the millisecond at which it ends", async () => {
    const sent: Readonly<Record<string, string>>[] = [];
    const fetch: SafeFetch = async (given, { headers }) => {
      sent.push(headers);
      return answering('{"content":"Hi"}')(given, {
        method: "",
        headers,
        timeout_ms: 1,
        max_bytes: 1,
      });
    };
    const secret = await openSecrets.seal(
      "team_1",
      { resource_id: "int_1", field: "signing_secret" },
      `whsec_${Buffer.alloc(33, 1).toString("base64")}`,
    );
    for (const valid_until of [1_772_600_761_000, 1_772_600_760_999]) {
      await ask(fetch, { previous_secrets: [{ secret, valid_until }] });
    }
    expect(sent.map((headers) => headers["webhook-signature"]?.split(" ").length)).toEqual([2, 1]);
    expect(sent[0]?.["webhook-timestamp"]).toBe("1772600760");
  });

  it("has an echo say the texts of the last message, and name its pictures and files", async () => {
    const never: SafeFetch = async () => {
      throw new Error("An echo calls nobody.");
    };
    expect(await ask(never, { type: "echo" })).toMatchObject({ ok: true, content: "One\nTwo" });
    const callModel = createCallModel({ fetch: never });
    const deps = { fetch: never, callModel, secrets: openSecrets, clock: () => 0 };
    const wordless = {
      ...request,
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url" as const, image_url: { url: "https://example.com/a.png" } },
            {
              type: "file" as const,
              file: { url: "https://example.com/a", name: "a.pdf", mime_type: undefined },
            },
          ],
        },
      ],
    };
    const call = { id: "msg_1" as const, request: wordless, timeout_ms: 1 };
    const echo: StoredIntegration = { ...webhook, type: "echo" };
    expect(await askBackend(deps, "team_1", echo, call)).toMatchObject({
      ok: true,
      content: "[image]\n[file] a.pdf",
    });
  });
});
