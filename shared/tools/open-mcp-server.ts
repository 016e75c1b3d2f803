import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { fieldsOf } from "../schema/json-fields.ts";
import { argumentsReader } from "./arguments-problem.ts";
import { type BuiltTool, errorResult } from "./built-tool.ts";
import { lookAgainMs } from "./call-limits.ts";
import { type ListedTool, listedTools } from "./listed-tools.ts";
import type { McpConnection } from "./mcp-connection.ts";
import { McpFailure } from "./mcp-failure.ts";
import { type McpServer, type ToolResult, ToolServerError } from "./tool-box.ts";
import type { KnownServer, ToolListCache } from "./tool-list-cache.ts";
import { toolNames } from "./tool-names.ts";
import { underOwnNames } from "./vendor-schema.ts";

/** The tools of a server, and what ends its connection. */
export interface OpenMcpServer {
  readonly tools: () => readonly BuiltTool[];
  /** Why a tool of this name is not offered; undefined when the server has none. */
  readonly leftOut?: (name: string) => string | undefined;
  /** Asks the server what it has, unless it was asked since it was opened. Throws nothing but the signal's reason. */
  readonly lookAgain?: (name: string, signal: AbortSignal) => Promise<void>;
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
  let hasChanged = false;
  const link = createLink(deps, server, () => {
    hasChanged = true;
    deps.cache.forget(server);
  });
  let isFresh = false;
  const look = async (caller: AbortSignal, timeout_ms = deps.timeout_ms) => {
    isFresh = true;
    hasChanged = false;
    return await learn(deps.cache, server, link, caller, timeout_ms);
  };
  /** By the names under which they would be offered. All else of what is not offered is forgotten: it may be much. */
  let problems: ReadonlyMap<string, string> = new Map();
  let built: readonly BuiltTool[] = [];

  /** What the server has now, where it says so; else as it was. */
  const lookAgain = async (caller: AbortSignal) => {
    try {
      take(await look(caller, Math.min(lookAgainMs, deps.timeout_ms)));
    } catch (error) {
      caller.throwIfAborted();
      if (!(error instanceof ToolServerError)) throw error;
    }
  };
  const call = async (tool: ListedTool, args: unknown, caller: AbortSignal) => {
    const result = await callTool({ ...deps, server, link, tool }, args, caller);
    if (hasChanged) await lookAgain(caller);
    return result;
  };
  const take = ({ tools }: KnownServer) => {
    const allowed = allowedTools(server, tools);
    const names = toolNames(
      server.name,
      allowed.map(({ name }) => name),
    );
    problems = problemsOf(server, tools);
    built = allowed.map((tool, index) => {
      const { asMeant, problemOf } = argumentsReader(tool.input_schema);
      const own = (args: unknown) => underOwnNames(args, tool.own_names);
      return {
        tool: {
          ...offeredTool(server, tool, names[index] ?? tool.name),
          problemOf: (args) => problemOf(own(args)),
        },
        run: (args, caller) => call(tool, asMeant(own(args)), caller),
      };
    });
  };

  try {
    const remembered = deps.cache.get(server);
    if (remembered && missingOf(server, remembered.tools).length === 0) take(remembered);
    else take(await look(signal));
  } catch (error) {
    await link.close();
    throw error;
  }
  return {
    tools: () => built,
    leftOut: (name) => problems.get(name),
    lookAgain: async (name, caller) => {
      if (!isFresh && name.startsWith(toolNames(server.name, [""])[0] ?? "")) {
        await lookAgain(caller);
      }
    },
    close: link.close,
  };
}

export interface OpenMcpDeps {
  readonly fetch: SafeFetch;
  readonly cache: ToolListCache;
  /** For opening a server as a whole, and for each call of a tool. */
  readonly timeout_ms: number;
  /** How long a server is given to say that it speaks the modern revision. */
  readonly probe_ms: number;
}

interface Link {
  readonly open: (signal: AbortSignal) => Promise<McpConnection>;
  readonly close: () => Promise<void>;
}

/** One connection, made when it is first asked for and again after it was closed. */
function createLink(
  { fetch, cache, timeout_ms, probe_ms }: OpenMcpDeps,
  server: McpServer,
  onListChanged: () => void,
): Link {
  let connection: Promise<McpConnection> | undefined;
  const connect = async (signal: AbortSignal) => {
    const { connectMcp } = await import("./mcp-connection.ts");
    const era = cache.get(server)?.era;
    const deps = { fetch, timeout_ms, probe_ms, era, onListChanged };
    return await connectMcp(server, deps, signal);
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
  cache: ToolListCache,
  server: McpServer,
  link: Link,
  signal: AbortSignal,
  timeout_ms: number,
): Promise<KnownServer> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeout_ms)]);
  try {
    const connection = await link.open(limited);
    const { tools, ttl_ms } = await connection.list(limited);
    const known = { era: connection.era, tools: await listedTools(tools) };
    cache.set(server, known, ttl_ms);
    return known;
  } catch (error) {
    signal.throwIfAborted();
    throw unusable(server, error);
  }
}

function unusable({ name }: McpServer, error: unknown): unknown {
  const begin = `The MCP server "${name}" cannot be`;
  if (!(error instanceof McpFailure)) return error;
  const { reached, message, status } = error;
  return new ToolServerError(`${begin} ${reached ? "used" : "reached"}: ${message}`, {
    mayPass: !reached || status === 429,
  });
}

/** Tools that the loop lists and the server does not have. */
function missingOf({ allowed_tools }: McpServer, tools: readonly ListedTool[]): readonly string[] {
  const names = new Set(tools.map(({ name }) => name));
  return [...new Set(allowed_tools ?? [])].filter((name) => !names.has(name));
}

/** All tools that can be used, or exactly those that the loop allows. */
function allowedTools(server: McpServer, tools: readonly ListedTool[]): readonly ListedTool[] {
  const { allowed_tools } = server;
  if (allowed_tools === null) return tools.filter(({ problem }) => problem === null);
  const missing = missingOf(server, tools);
  if (missing.length > 0) {
    const which = missing.map((name) => JSON.stringify(name)).join(", ");
    throw new ToolServerError(
      `The MCP server "${server.name}" has no tool ${which}, which allowed_tools lists.`,
    );
  }
  const allowed = new Set(allowed_tools);
  const found = tools.filter(({ name }) => allowed.has(name));
  const wrong = found.find(({ problem }) => problem !== null);
  if (wrong) {
    throw new ToolServerError(
      `The tool ${JSON.stringify(wrong.name)} of the MCP server "${server.name}" cannot be used: ${wrong.problem}.`,
    );
  }
  return found;
}

/** Why tools are not offered, by the names that they would have; of two of one name the first. */
const problemsOf = (server: McpServer, tools: readonly ListedTool[]) =>
  new Map(
    tools
      .flatMap(({ name, problem }) =>
        problem === null
          ? []
          : toolNames(server.name, [name]).map((one) => [one, problem] as const),
      )
      .reverse(),
  );

function offeredTool(
  server: McpServer,
  { name, description, vendor_schema, may_have_effects }: ListedTool,
  offeredName: string,
): Omit<BuiltTool["tool"], "problemOf"> {
  return {
    server: server.name,
    tool: name,
    name: offeredName,
    description,
    input_schema: vendor_schema,
    mayHaveEffects: () => may_have_effects,
  };
}

/** What is called, and over what. */
interface Called extends OpenMcpDeps {
  readonly server: McpServer;
  readonly link: Link;
  readonly tool: ListedTool;
}

async function callTool(called: Called, args: unknown, signal: AbortSignal): Promise<ToolResult> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(called.timeout_ms)]);
  try {
    return await callOnce(called, args, limited);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof McpFailure) return failed(called.server, called.tool, error);
    throw error;
  }
}

async function callOnce(
  { cache, server, link, tool }: Called,
  args: unknown,
  signal: AbortSignal,
): Promise<ToolResult> {
  const call = async () => (await connected(link, signal)).call(tool, fieldsOf(args), signal);
  try {
    return await call();
  } catch (error) {
    // What is known of the server may no longer be so.
    cache.forget(server);
    if (!(error instanceof McpFailure) || error.isStale === undefined) throw error;
    await link.close();
    // Words prove nothing: what may have had effects is not called again for them.
    if (error.isStale === "maybe" && tool.may_have_effects) throw error;
    return call();
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
