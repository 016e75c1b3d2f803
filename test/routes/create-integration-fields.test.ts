import { afterEach, describe, expect, it } from "@jest/globals";
import { botForIntegrations } from "#test/support/integrations";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
afterEach(() => {
  process.env["ALLOW_PRIVATE_URLS"] = "true";
});

const url = "https://backend.example.com/chat";

describe("POST /v1/bots/{bot_id}/integrations: its fields", () => {
  describe("headers", () => {
    it("can be twenty, of 4 KiB each", async () => {
      const { create } = await botForIntegrations(platform);
      const headers = Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`X-Header-${index}`, "x".repeat(4_096)]),
      );
      const { status, body } = await create({ name: "Backend", url, headers });
      expect(status).toBe(201);
      expect(body.data.headers["X-Header-19"]).toBe("••••xxxx");
    });

    it("have the names that they are given", async () => {
      const { create } = await botForIntegrations(platform);
      const headers = { constructor: "a-long-token-1", prototype: "a-long-token-2" };
      const { status, body } = await create({ name: "Backend", url, headers });
      expect(status).toBe(201);
      expect(new Map(Object.entries(body.data.headers))).toEqual(
        new Map([
          ["constructor", "••••en-1"],
          ["prototype", "••••en-2"],
        ]),
      );
    });

    const ours = "We set this header ourselves. Choose another name.";
    const impossible = "Holds characters that no header can have, such as line breaks.";
    it.each([
      ["Host", "backend.example.com", ours],
      ["Content-Length", "1", ours],
      ["content-length", "1", ours],
      ["Transfer-Encoding", "chunked", ours],
      ["CONNECTION", "close", ours],
      ["Content-Type", "text/plain", ours],
      ["User-Agent", "curl", ours],
      ["X-Chatbot-Platform-Version", "1", ours],
      ["X-Bot-ID", "1", ours],
      ["x-integration-id", "1", ours],
      ["Webhook-Id", "1", ours],
      ["webhook-timestamp", "1", ours],
      ["webhook-signature", "1", ours],
      ["Accept-Encoding", "gzip", ours],
      ["Expect", "100-continue", ours],
      ["Keep-Alive", "timeout=5", ours],
      ["Proxy-Authorization", "Basic x", ours],
      ["Proxy-Connection", "close", ours],
      ["TE", "trailers", ours],
      ["Trailer", "X-Sum", ours],
      ["Upgrade", "h2c", ours],
      ["X-A", "one\r\nX-Bot-ID: two", impossible],
      ["X-A", "one\nX-Bot-ID: two", impossible],
      ["X-A", "one\rtwo", impossible],
      ["X-A", "one\u0000two", impossible],
      ["X-A", "one\u007ftwo", impossible],
      ["X-A", "😀", impossible],
      ["X-A", "Łódź", impossible],
      ["X-A", "x".repeat(4_097), "Must be at most 4096 characters long."],
      ["X-A", "é".repeat(2_049), "Must be at most 4 KiB."],
      ["X-A", null, "Must be a string."],
      ["X-A", 5, "Must be a string."],
      ["X-A", ["one"], "Must be a string."],
      ["", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X A", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X:A", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X\r\nX-B", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["Ü", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X".repeat(257), "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X-A", "••••3kf9", "Is a mask, and no value under this name is stored that it could keep."],
      ["X-A", "••••", "Is a mask, and no value under this name is stored that it could keep."],
      [
        "X-A",
        "Bearer ••••",
        "Is a mask, and no value under this name is stored that it could keep.",
      ],
    ])("refuses %j: %j and points at it", async (name, value, message) => {
      const { create, list } = await botForIntegrations(platform);
      const { status, body } = await create({ name: "Backend", url, headers: { [name]: value } });
      expect({ status, body }).toBeRefused(422, "validation_error");
      expect(body.error.details).toEqual([{ path: `body.headers.${name}`, message }]);
      expect(await list()).toHaveLength(1);
    });

    it.each([
      [
        "the 21st header",
        Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`X-${index}`, "x"])),
        "body.headers",
        "Must be at most 20 headers.",
      ],
      [
        "one name in two cases",
        { "X-Token": "a", "x-token": "b" },
        "body.headers.x-token",
        "Is there twice; case does not count. Keep one.",
      ],
      [
        "a 21st header, whatever its name",
        Object.fromEntries(
          Array.from({ length: 21 }, (_, index) => [index > 0 ? `X-${index}` : "constructor", "x"]),
        ),
        "body.headers",
        "Must be at most 20 headers.",
      ],
      [
        "a value that no header can have, whatever the name",
        { constructor: "one\r\ntwo" },
        "body.headers.constructor",
        impossible,
      ],
      [
        "a header with the name of what every object has",
        JSON.parse('{"__proto__":"x"}') as object,
        "body.headers",
        "Must not have the name __proto__.",
      ],
      ["a list", ["X-Token: a"], "body.headers", "Must be an object."],
      ["an empty list", [], "body.headers", "Must be an object."],
      ["text", "X-Token: a", "body.headers", "Must be an object."],
    ])("refuses %s", async (_, headers, path, message) => {
      const { create } = await botForIntegrations(platform);
      const { status, body } = await create({ name: "Backend", url, headers });
      expect([status, body.error.details]).toEqual([422, [{ path, message }]]);
    });

    it("names every wrong header in one answer, and no value", async () => {
      const { create } = await botForIntegrations(platform);
      const headers = { Host: "secret-1", "X-Bot-ID": "secret-2", "X-Fine": "secret-3" };
      const { body, text } = await create({ name: "Backend", url, headers });
      expect(body.error.message).toBe("The request has 2 problems.");
      expect(body.error.details.map(({ path }: { path: string }) => path)).toEqual([
        "body.headers.Host",
        "body.headers.X-Bot-ID",
      ]);
      expect(text).not.toContain("secret");
    });
  });

  describe("the URL", () => {
    it.each([
      "http://backend.example.com",
      "ftp://backend.example.com",
      "javascript:alert(1)",
      "file:///etc/passwd",
      "https://user:password@backend.example.com",
      "https://user@backend.example.com",
      "https://localhost/chat",
      "https://backend.localhost",
      "https://LOCALHOST.",
      "https://127.0.0.1",
      "https://127.1",
      "https://2130706433",
      "https://0x7f.0.0.1",
      "https://017700000001",
      "https://10.0.0.8",
      "https://192.168.1.1",
      "https://169.254.169.254/latest/meta-data",
      "https://0.0.0.0",
      "https://[::1]",
      "https://[::ffff:127.0.0.1]",
      "https://[fd00::1]",
      "https://[fe80::1]",
      "https://１２７.０.０.１",
      "//backend.example.com",
      "backend.example.com",
      "https://",
      " https://backend.example.com",
      "https://backend.example.com/a b",
      "https://backend.example.com\n.evil.example",
    ])("is refused when it is %j and private ones are not allowed", async (wrong) => {
      const { create, list } = await botForIntegrations(platform);
      process.env["ALLOW_PRIVATE_URLS"] = "false";
      const { status, body } = await create({ name: "Backend", url: wrong });
      expect({ status, body }).toBeRefused(422, "url_not_allowed");
      expect(body.error.details).toEqual([
        { path: "body.url", message: expect.stringMatching(/^The URL must .+\.$/) },
      ]);
      expect(await list()).toHaveLength(1);
    });

    it.each(["http://127.0.0.1:8080/chat", "http://localhost", "https://[::1]:8443"])(
      "may be %s on one machine",
      async (own) => {
        const { create } = await botForIntegrations(platform);
        expect((await create({ name: "Backend", url: own })).body.data.url).toBe(own);
      },
    );

    it("is named when it is missing, beside a name that is missing too", async () => {
      const { create } = await botForIntegrations(platform);
      const { status, body } = await create({ weight: -1 });
      expect([status, body.error.details.map(({ path }: { path: string }) => path)]).toEqual([
        422,
        ["body.name", "body.weight", "body.url"],
      ]);
      expect((await create({ type: "echo" })).body.error.details).toHaveLength(1);
      expect((await create({ type: "fax" })).body.error.details).toHaveLength(2);
    });

    it.each([
      ["missing", {}, "validation_error", "Required for the type webhook."],
      ["null", { url: null }, "validation_error", "Required for the type webhook."],
      ["empty", { url: "" }, "validation_error", "Must be 1 to 2048 characters long."],
      ["no text", { url: 5 }, "validation_error", "Must be a string."],
      [
        "too long",
        { url: `https://example.com/${"x".repeat(2_048)}` },
        "validation_error",
        "Must be 1 to 2048 characters long.",
      ],
      [
        "there for an echo",
        { type: "echo", url },
        "validation_error",
        "The type echo takes no url. Leave it out.",
      ],
    ])("is refused when it is %s", async (_, fields, code, message) => {
      const { create } = await botForIntegrations(platform);
      const { status, body } = await create({ name: "Backend", ...fields });
      expect({ status, body }).toBeRefused(422, code);
      expect(body.error.details).toEqual([{ path: "body.url", message }]);
    });
  });

  const seconds = "Must be a whole number from 1 to 120.";
  const share = "Must be 0 or a number from 0.000001 to 1000.";
  it.each([
    ["no name", { name: undefined }, "body.name", "Required."],
    ["an empty name", { name: "" }, "body.name", "Must be 1 to 100 characters long."],
    ["101 characters", { name: "é".repeat(101) }, "body.name", "Must be 1 to 100"],
    [
      "a type nobody knows",
      { type: "gpt" },
      "body.type",
      'Must be "webhook" or "openai" or "anthropic" or "bedrock" or "echo".',
    ],
    ["no time", { timeout_seconds: 0 }, "body.timeout_seconds", seconds],
    ["too much time", { timeout_seconds: 121 }, "body.timeout_seconds", seconds],
    ["half a second", { timeout_seconds: 1.5 }, "body.timeout_seconds", seconds],
    ["time as text", { timeout_seconds: "30" }, "body.timeout_seconds", seconds],
    ["a negative weight", { weight: -1 }, "body.weight", share],
    ["a weight above 1000", { weight: 1_000.5 }, "body.weight", share],
    ["a weight that no table can hold", { weight: 1e-200 }, "body.weight", share],
    ["a weight as text", { weight: "1" }, "body.weight", share],
    ["text as fallback", { fallback: "no" }, "body.fallback", "Must be true or false."],
    ["a wrong status", { status: "paused" }, "body.status", 'Must be "active" or "disabled".'],
    ["a secret of one's own", { signing_secret: "whsec_x" }, "body.signing_secret", "Read only; "],
    ["a bot in the body", { bot_id: "bot_1" }, "body.bot_id", "Read only; leave it out."],
    ["a last error", { last_error: null }, "body.last_error", "Read only; leave it out."],
  ])("refuses %s and points at it", async (_, fields, path, message) => {
    const { create, list } = await botForIntegrations(platform);
    const { status, body } = await create({ name: "Backend", url, ...fields });
    expect({ status, body }).toBeRefused(422, "validation_error");
    expect(body.error.details).toEqual([{ path, message: expect.stringContaining(message) }]);
    expect(await list()).toHaveLength(1);
  });

  it.each([0, 0.000001, 1 / 3, 0.1 + 0.2, 1_000])(
    "keeps a weight of %d as it is",
    async (weight) => {
      const { create, list } = await botForIntegrations(platform);
      expect((await create({ name: "Backend", url, weight })).body.data.weight).toBe(weight);
      expect((await list())[0].weight).toBe(weight);
    },
  );
});
