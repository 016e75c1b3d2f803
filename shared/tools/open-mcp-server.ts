import type { Tool as McpTool } from "@modelcontextprotocol/client";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { firstBytes } from "../runtime/first-bytes.ts";
import { argumentsProblem } from "./arguments-problem.ts";
import { type BuiltTool, errorResult, fieldsOf } from "./built-tool.ts";
import type { McpConnection, McpServer } from "./mcp-connection.ts";
import { McpFailure } from "./mcp-failure.ts";
import { ToolServerError, type ToolResult } from "./tool-box.ts";
import type { KnownServer, ListedTool, ToolListCache } from "./tool-list-cache.ts";
import { toolNames } from "./tool-names.ts";

const mostNameLength = 128;
const mostSchemaBytes = 32_768;
const mostDescriptionBytes = 4_096;

/** What opening a server needs. */
export interface OpenMcpDeps {
  readonly fetch: SafeFetch;
  readonly cache: ToolListCache;
  /** For opening a server as a whole, and for each call of a tool. */
  readonly timeout_ms: number;
}

/** The tools of a server, and what ends its connection. */
export interface OpenMcpServer {
  readonly tools: readonly BuiltTool[];
  /** Never throws. */
  readonly close: () => Promise<void>;
}

/**
 * Opens an MCP server: lists its tools unless they are known, and connects when that is first needed.
 * Throws `ToolServerError`, or the signal's reason.
 */
export async function openMcpServer(
  deps: OpenMcpDeps,
  server: McpServer,
  signal: AbortSignal,
): Promise<OpenMcpServer> {
  const link = createLink(deps, server);
  try {
    const known = deps.cache.get(server) ?? (await learn(deps, server, link, signal));
    const tools = allowedTools(server, known.tools);
    const names = toolNames(
      server.name,
      tools.map(({ name }) => name),
    );
    return {
      tools: tools.map((tool, index) =>
        builtTool(deps, server, link, tool, names[index] ?? tool.name),
      ),
      close: link.close,
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}

interface Link {
  readonly open: (signal: AbortSignal) => Promise<McpConnection>;
  readonly close: () => Promise<void>;
}

/** One connection, made when it is first asked for and again after it was closed. */
function createLink({ fetch, cache, timeout_ms }: OpenMcpDeps, server: McpServer): Link {
  let connection: Promise<McpConnection> | undefined;
  const connect = async (signal: AbortSignal) => {
    const { connectMcp } = await import("./mcp-connection.ts");
    const prior = cache.get(server)?.prior;
    return await connectMcp(server, { fetch, timeout_ms, prior }, signal);
  };
  return {
    open: async (signal) => {
      const opened = (connection ??= connect(signal));
      try {
        return await opened;
      } catch (error) {
        if (connection === opened) connection = undefined;
        throw error;
      }
    },
    close: async () => {
      const opened = connection;
      connection = undefined;
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

async function learn(
  { cache, timeout_ms }: OpenMcpDeps,
  server: McpServer,
  link: Link,
  signal: AbortSignal,
): Promise<KnownServer> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeout_ms)]);
  try {
    const connection = await link.open(limited);
    const { tools, ttl_ms } = await connection.list(limited);
    const known = { prior: connection.prior, tools: listed(tools) };
    cache.set(server, known, ttl_ms);
    return known;
  } catch (error) {
    signal.throwIfAborted();
    throw unusable(server, error);
  }
}

function unusable({ name }: McpServer, error: unknown): unknown {
  const begin = `The MCP server "${name}" cannot be`;
  if (error instanceof McpFailure) {
    const { reached, message } = error;
    return new ToolServerError(`${begin} ${reached ? "used" : "reached"}: ${message}`, {
      mayPass: !reached,
    });
  }
  // The end of the stack.
  if (!(error instanceof RangeError)) return error;
  return new ToolServerError(`${begin} used: what it says of its tools is nested too deeply.`);
}

function listed(tools: readonly McpTool[]): readonly ListedTool[] {
  const byName = new Map<string, ListedTool>();
  for (const { name, title, description, inputSchema, annotations, execution } of tools) {
    const isTooLarge = Buffer.byteLength(JSON.stringify(inputSchema)) > mostSchemaBytes;
    const problemOf = () => {
      if (isTooLarge) return "its schema is larger than 32 KB";
      if (name.length > mostNameLength) return "its name is longer than 128 characters";
      return execution?.taskSupport === "required" ? "it can only be called as a task" : null;
    };
    const { readOnlyHint, idempotentHint } = annotations ?? {};
    const tool: ListedTool = {
      name,
      description: cut(description ?? title ?? annotations?.title ?? ""),
      input_schema: isTooLarge ? { type: "object" } : inputSchema,
      may_have_effects: readOnlyHint !== true && idempotentHint !== true,
      problem: problemOf(),
    };
    if (!byName.has(name)) byName.set(name, tool);
  }
  return [...byName.values()];
}

function cut(text: string): string {
  const wellFormed = text.toWellFormed();
  if (Buffer.byteLength(wellFormed) <= mostDescriptionBytes) return wellFormed;
  return `${firstBytes(wellFormed, mostDescriptionBytes - 3)}…`;
}

/** All tools that can be used, or exactly those that the loop allows. */
function allowedTools(server: McpServer, tools: readonly ListedTool[]): readonly ListedTool[] {
  const { allowed_tools } = server;
  if (allowed_tools === null) return tools.filter(({ problem }) => problem === null);
  const allowed = new Set(allowed_tools);
  const found = tools.filter(({ name }) => allowed.has(name));
  const missing = [...allowed].filter((name) => !found.some((tool) => tool.name === name));
  if (missing.length > 0) {
    const which = missing.map((name) => JSON.stringify(name)).join(", ");
    throw new ToolServerError(
      `The MCP server "${server.name}" has no tool ${which}, which allowed_tools lists.`,
    );
  }
  const wrong = found.find(({ problem }) => problem !== null);
  if (wrong) {
    throw new ToolServerError(
      `The tool ${JSON.stringify(wrong.name)} of the MCP server "${server.name}" cannot be used: ${wrong.problem}.`,
    );
  }
  return found;
}

function builtTool(
  deps: OpenMcpDeps,
  server: McpServer,
  link: Link,
  listedTool: ListedTool,
  name: string,
): BuiltTool {
  const { description, input_schema, may_have_effects } = listedTool;
  return {
    tool: {
      server: server.name,
      tool: listedTool.name,
      name,
      description,
      input_schema,
      mayHaveEffects: () => may_have_effects,
      problemOf: argumentsProblem(input_schema),
    },
    run: async (args, signal) => {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(deps.timeout_ms)]);
      try {
        return await callOnce(deps, server, link, listedTool, args, limited);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof McpFailure) return failed(server, listedTool, error);
        throw error;
      }
    },
  };
}

async function callOnce(
  { cache }: OpenMcpDeps,
  server: McpServer,
  link: Link,
  { name, input_schema }: ListedTool,
  args: unknown,
  signal: AbortSignal,
): Promise<ToolResult> {
  const tool = { name, inputSchema: input_schema };
  try {
    return await (await connected(link, signal)).call(tool, fieldsOf(args), signal);
  } catch (error) {
    // What is known of the server may no longer be so.
    cache.forget(server);
    if (!(error instanceof McpFailure) || !error.isStale) throw error;
    await link.close();
    return await (await connected(link, signal)).call(tool, fieldsOf(args), signal);
  }
}

/** Before the call nothing can have had an effect. */
async function connected(link: Link, signal: AbortSignal): Promise<McpConnection> {
  try {
    return await link.open(signal);
  } catch (error) {
    if (!(error instanceof McpFailure)) throw error;
    throw new McpFailure(error.message, { reached: error.reached });
  }
}

function failed(
  server: McpServer,
  { may_have_effects }: ListedTool,
  { message, isUncertain }: McpFailure,
): ToolResult {
  const doubt =
    isUncertain && may_have_effects ? " It is not known whether the call had an effect." : "";
  return errorResult(`The call to the MCP server "${server.name}" failed: ${message}${doubt}`);
}
