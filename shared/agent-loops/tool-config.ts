import * as v from "valibot";
import { omittable, text, url } from "../schema/fields.ts";
import { HeaderMap, ShownHeaders } from "../schema/headers.ts";
import { type NameAndText, named } from "../schema/named.ts";

const ToolName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "Must be 1 to 32 of a-z, 0-9 and -, and not begin with -."),
  v.description(
    "Begins the names of the server's tools: `{name}_{tool}`, and `M_{name}_{tool}` where it begins with a digit, with which some models take no name.",
  ),
);
const allowedTools = "Only these tools of the server; all of them when null.";
const mcpEntries = {
  type: v.literal("mcp"),
  name: ToolName,
  url: v.pipe(url, v.description("The Streamable HTTP endpoint of an MCP server.")),
  allowed_tools: v.pipe(
    v.optional(
      v.nullable(
        v.pipe(v.array(text(1, 128)), v.maxLength(128, "Must be at most 128 names of tools.")),
      ),
      null,
    ),
    v.description(allowedTools),
  ),
};

const mcp: NameAndText = ["McpTool", "The tools of an MCP server."];
const http: NameAndText = [
  "HttpTool",
  "The built-in HTTP client, which calls public HTTPS addresses.",
];
const time: NameAndText = ["TimeTool", "The built-in clock and calendar, in every time zone."];
const tool: NameAndText = [
  "Tool",
  "Something that the model may use: an MCP server, or what is built in.",
];

/** What a model may use. */
const ToolInput = named(
  v.variant("type", [
    named(v.strictObject({ ...mcpEntries, headers: omittable(HeaderMap, {}) }), mcp),
    named(v.strictObject({ type: v.literal("http") }), http),
    named(v.strictObject({ type: v.literal("time") }), time),
  ]),
  tool,
);
/** The tools that a caller gives a loop. */
export const Tools = v.pipe(
  v.array(ToolInput),
  v.maxLength(20, "Must be at most 20 tools."),
  v.description(
    "MCP servers, the built-in HTTP client and the built-in clock. Names are unique, and those of the built-in ones are `http` and `time`.",
  ),
);

/** Tools as answers show them. */
export const ShownTools = v.pipe(
  v.array(
    named(
      v.variant("type", [
        named(
          v.object({
            type: v.literal("mcp"),
            name: ToolName,
            url: mcpEntries.url,
            headers: ShownHeaders,
            allowed_tools: v.pipe(v.nullable(v.array(v.string())), v.description(allowedTools)),
          }),
          mcp,
        ),
        named(v.object({ type: v.literal("http") }), http),
        named(v.object({ type: v.literal("time") }), time),
      ]),
      tool,
    ),
  ),
  v.description(
    "MCP servers, the built-in HTTP client and the built-in clock. Names are unique, and those of the built-in ones are `http` and `time`.",
  ),
);
