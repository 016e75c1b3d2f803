import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { openApiDocument } from "#lib/openapi/document";
import type { Route } from "#shared/http/define-route";
import { deleted, id, idParams } from "#shared/schema/fields";

const Bot = v.object({ id: id("bot"), name: v.string() });
const aBot = { id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab", name: "Sales" };

const base = {
  tag: "Bots",
  summary: "Do it",
  answers: "one",
  status: 200,
  errors: [],
  grants: {},
} as const;
const createBot: Route = {
  ...base,
  operationId: "createBot",
  method: "POST",
  path: "/v1/bots",
  auth: { scope: "bots:write" },
  body: v.strictObject({ name: v.string() }),
  data: Bot,
  status: 201,
  location: "/v1/bots/{id}",
  errors: ["conflict"],
  example: { body: { name: "Sales" }, data: aBot },
};
const getBot: Route = {
  ...base,
  operationId: "getBot",
  method: "GET",
  path: "/v1/bots/{id}",
  auth: { scope: "bots:read" },
  params: idParams("bot"),
  data: Bot,
};
const listBots: Route = {
  ...base,
  operationId: "listBots",
  method: "GET",
  path: "/v1/bots",
  auth: { scope: "bots:read" },
  query: v.object({ status: v.pipe(v.optional(v.picklist(["active"])), v.description("Which.")) }),
  answers: "page",
  data: Bot,
};
const deleteBot: Route = {
  ...base,
  operationId: "deleteBot",
  method: "DELETE",
  path: "/v1/bots/{id}",
  auth: { scope: "bots:write" },
  params: idParams("bot"),
  data: deleted("bot"),
};
const listChannels: Route = {
  ...base,
  operationId: "listChannels",
  method: "GET",
  path: "/v1/bots/{bot_id}/channels",
  auth: { scope: "channels:read" },
  params: v.object({ bot_id: id("bot") }),
  answers: "page",
  data: v.object({ id: id("ch") }),
};
const getHealth: Route = {
  ...base,
  tag: "System",
  operationId: "getHealth",
  method: "GET",
  path: "/v1/health",
  auth: { public: "probes have no key." },
  data: v.object({ status: v.literal("ok") }),
};
const docs: Route = { ...getHealth, operationId: "showReference", path: "/docs" };

const describing = (...routes: readonly Route[]) =>
  openApiDocument(
    { routes: routes.map((route) => ({ route, folder: folderOf(route) })) },
    { version: "1.2.3" },
  );

/** `bots/create` for `createBot`. */
const folderOf = ({ operationId }: Route) => {
  const [verb = "", noun = ""] = operationId.split(/(?<=^[a-z]+)(?=[A-Z])/);
  return `${noun.toLowerCase().replace(/s?$/, "s")}/${verb}`;
};

describe("the OpenAPI document of some routes", () => {
  const document = describing(
    docs,
    getHealth,
    createBot,
    getBot,
    listBots,
    deleteBot,
    listChannels,
  );

  it("leaves out what is not under /v1 and the prefix", () => {
    expect(Object.keys(document["paths"] as object)).toEqual([
      "/bots",
      "/bots/{id}",
      "/bots/{bot_id}/channels",
      "/health",
    ]);
    expect(document["servers"]).toEqual([expect.objectContaining({ url: "/v1" })]);
  });

  it("names resources after what reads them, and bodies after their operation", () => {
    expect(Object.keys((document["components"] as { schemas: object }).schemas)).toEqual(
      expect.arrayContaining(["Bot", "BotCreate", "Deleted", "Channel", "Health"]),
    );
  });

  it("tells which answers an operation can give", () => {
    const of = (path: string, method: string) =>
      Object.keys(
        (document["paths"] as Record<string, Record<string, { responses: object }>>)[path]![method]!
          .responses,
      );
    expect(of("/bots", "post")).toEqual([
      "201",
      "400",
      "401",
      "403",
      "409",
      "413",
      "415",
      "422",
      "429",
      "500",
      "503",
    ]);
    expect(of("/bots/{id}", "get")).toEqual([
      "200",
      "401",
      "403",
      "404",
      "422",
      "429",
      "500",
      "503",
    ]);
    expect(of("/bots", "get")).toEqual(["200", "400", "401", "403", "422", "429", "500", "503"]);
    expect(of("/health", "get")).toEqual(["200", "422", "500"]);
  });

  it("gives a list its page, its filters and meta", () => {
    expect(document).toHaveProperty(
      ["paths", "/bots", "get", "parameters"],
      [
        {
          name: "status",
          in: "query",
          required: false,
          description: "Which.",
          schema: { type: "string", enum: ["active"] },
        },
        { $ref: "#/components/parameters/Page" },
        { $ref: "#/components/parameters/PerPage" },
        { $ref: "#/components/parameters/Cursor" },
      ],
    );
    expect(document).toHaveProperty(
      ["paths", "/bots", "get", "responses", "200", "content", "application/json", "example"],
      { data: [aBot], meta: expect.objectContaining({ page: 1, total: 1, next_cursor: null }) },
    );
  });

  it("takes an Idempotency-Key where something is posted by a known key, and only there", () => {
    const key = { $ref: "#/components/parameters/IdempotencyKey" };
    expect(document).toHaveProperty(["paths", "/bots", "post", "parameters"], [key]);
    expect(JSON.stringify(document).split(key.$ref)).toHaveLength(2);
  });

  it("leads from a create to the resource and to what is under it", () => {
    expect(document).toHaveProperty(["paths", "/bots", "post", "responses", "201", "links"], {
      getBot: {
        operationId: "getBot",
        description: "Do it",
        parameters: { id: "$response.body#/data/id" },
      },
      deleteBot: {
        operationId: "deleteBot",
        description: "Do it",
        parameters: { id: "$response.body#/data/id" },
      },
      listChannels: {
        operationId: "listChannels",
        description: "Do it",
        parameters: { bot_id: "$response.body#/data/id" },
      },
    });
  });

  it("says that public operations need no key, and why", () => {
    expect(document).toHaveProperty(["paths", "/health", "get", "security"], []);
    expect(document).toHaveProperty(
      ["paths", "/health", "get", "description"],
      "Needs no API key: probes have no key.",
    );
    expect(document).toHaveProperty(
      ["paths", "/bots", "post", "description"],
      "Needs the scope `bots:write`.",
    );
  });

  it("lends examples to operations that answer the same", () => {
    expect(document).toHaveProperty(
      ["paths", "/bots/{id}", "get", "responses", "200", "content", "application/json", "example"],
      { data: aBot },
    );
  });

  it("has one component for a resource, whether or not an answer shows its secret", () => {
    const rotating: Route = {
      ...createBot,
      operationId: "rotateBotSecret",
      path: "/v1/bots/{id}/rotate-secret",
      params: idParams("bot"),
      answersSecret: true,
      data: v.object({ ...Bot.entries, secret: v.string() }),
    };
    const { schemas } = describing(getBot, rotating)["components"] as { schemas: object };
    expect(schemas).toHaveProperty("Bot.properties.secret");
    expect(schemas).toHaveProperty("Bot.required", ["id", "name"]);
  });

  describe("for what a platform signs", () => {
    const receive: Route = {
      ...base,
      operationId: "receiveUpdate",
      method: "POST",
      path: "/v1/updates/{id}",
      auth: { signed: "Acme" },
      params: idParams("ch"),
      input: "bytes",
      maxBytes: 4 * 1024 * 1024,
      headers: ["x-acme-signature"],
      answers: "raw",
      refusals: "plain",
      data: v.unknown(),
    };
    const described = describing(createBot, receive);
    const operation = ["paths", "/updates/{id}", "post"];

    it("asks for no key, and for bytes of any type up to the route's own size", () => {
      expect(described).toHaveProperty([...operation, "security"], []);
      expect(described).toHaveProperty(
        [...operation, "description"],
        "Needs no API key: Acme proves that it is the caller.",
      );
      expect(described).toHaveProperty([...operation, "requestBody"], {
        required: true,
        description: "The bytes as they are signed: at most 4 MiB.",
        content: { "*/*": { schema: { maxLength: 4_194_304 } } },
      });
    });

    it("tells what it answers as a text, as JSON, or as either", () => {
      const contentOf = (data: Route["data"]) =>
        Object.keys(
          Object(describing({ ...receive, data })).paths["/updates/{id}"].post.responses["200"]
            .content,
        );
      const challenge = v.object({ challenge: v.string() });
      expect(contentOf(v.string())).toEqual(["text/plain"]);
      expect(contentOf(challenge)).toEqual(["application/json"]);
      expect(contentOf(v.union([v.string(), challenge]))).toEqual([
        "text/plain",
        "application/json",
      ]);
    });

    it("shows the headers that are read, and no Idempotency-Key", () => {
      expect(described).toHaveProperty(
        [...operation, "parameters"],
        [
          expect.objectContaining({ name: "id", in: "path" }),
          {
            name: "x-acme-signature",
            in: "header",
            required: false,
            description: expect.stringContaining("proves"),
            schema: { type: "string" },
          },
        ],
      );
    });

    it("refuses signatures, sizes and ids in text, and nothing about keys, queries and types", () => {
      expect(described).toHaveProperty([...operation, "responses"], {
        "200": expect.anything(),
        "401": { $ref: "#/components/responses/InvalidSignatureAsText" },
        "404": { $ref: "#/components/responses/NotFoundAsText" },
        "413": { $ref: "#/components/responses/PayloadTooLarge4MiBAsText" },
        "500": { $ref: "#/components/responses/InternalErrorAsText" },
      });
      expect(described).toHaveProperty(
        ["components", "responses", "PayloadTooLarge4MiBAsText"],
        expect.objectContaining({
          description: "`payload_too_large`: The body is larger than 4 MiB.",
          content: { "text/plain": { schema: { type: "string" } } },
        }),
      );
    });

    it("leaves the answers of other operations as they are", () => {
      expect(described).toHaveProperty(["paths", "/bots", "post", "responses", "401"], {
        $ref: "#/components/responses/Unauthorized",
      });
      expect(described).toHaveProperty(
        ["components", "responses", "PayloadTooLarge", "description"],
        "`payload_too_large`: The body is larger than 256 KiB.",
      );
    });
  });

  it("says which size a body of JSON may have where it is not the usual one", () => {
    const large = describing({ ...createBot, maxBytes: 1024 * 1024 });
    expect(large).toHaveProperty(
      ["paths", "/bots", "post", "requestBody", "description"],
      "At most 1 MiB.",
    );
    expect(large).toHaveProperty(["paths", "/bots", "post", "responses", "413"], {
      $ref: "#/components/responses/PayloadTooLarge1MiB",
    });
    expect(document).not.toHaveProperty(["paths", "/bots", "post", "requestBody", "description"]);
  });

  it("says that pages of every origin may call what says so", () => {
    expect(describing({ ...getHealth, cors: "any" })).toHaveProperty(
      ["paths", "/health", "get", "description"],
      "Pages of every origin may call it from a browser.\n\nNeeds no API key: probes have no key.",
    );
  });
});
