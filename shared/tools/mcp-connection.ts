import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { type Fields, fieldsOf, textIn } from "../schema/json-fields.ts";
import { nodesOf } from "./bounded-schema.ts";
import { McpFailure } from "./mcp-failure.ts";
import { headerValue, mcpParamHeaders } from "./mcp-param-headers.ts";
import { toolResultOf } from "./mcp-result.ts";
import { createMcpWire, type McpRequest, type McpWire, olderTransport } from "./mcp-wire.ts";
import type { McpServer, ToolResult } from "./tool-box.ts";

/** How a server is spoken to: `modern` is the revision 2026-07-28, without sessions; `older` begins with a greeting. */
export type McpEra = "modern" | "older";

/** What an MCP server offers. */
export interface McpOffer {
  /** As the server describes them, whatever that is. */
  readonly tools: readonly unknown[];
  /** How long the server says that this holds; undefined when it does not say. */
  readonly ttl_ms: number | undefined;
}

/** A connection to an MCP server. Its calls throw `McpFailure`, or the signal's reason when that is aborted. */
export interface McpConnection {
  /** Found out about the server, for later connections. */
  readonly era: McpEra;
  readonly list: (signal: AbortSignal) => Promise<McpOffer>;
  readonly call: (
    tool: { readonly name: string; readonly input_schema: Fields },
    args: Fields,
    signal: AbortSignal,
  ) => Promise<ToolResult>;
  /** Ends the session, if there is one; never throws. */
  readonly close: () => Promise<void>;
}

const modern = "2026-07-28";
/** Newest first. */
const olderVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
const clientInfo = { name: "chatbot-platform", version: "1" };
/** The most bytes of one answer, and of all pages of a list together. */
const mostBytes = 8 * 1_048_576;
const mostProbeBytes = 1_048_576;
const mostPages = 32;
/** The most tools of a list, and the most values that describe them: what stands in few bytes can take seconds to read. */
const mostTools = 5_000;
const mostValues = 200_000;
const methodNotFound = -32_601;

/**
 * Connects to an MCP server over Streamable HTTP. Whatever is no answer of the modern revision means an older one; with
 * `era` the server is not asked.
 */
export async function connectMcp(
  server: McpServer,
  { fetch, timeout_ms, probe_ms, era: known, onListChanged }: ConnectMcpDeps,
  signal: AbortSignal,
): Promise<McpConnection> {
  checkServer(server);
  const wire = createMcpWire(server, { fetch, timeout_ms, onListChanged });
  const limits = (caller: AbortSignal) => ({ signal: caller, timeout_ms, max_bytes: mostBytes });

  const asked =
    known ?? (await probe(wire, { ...limits(signal), timeout_ms: Math.min(probe_ms, timeout_ms) }));
  const greeted = asked === "older" ? await greet(wire, limits(signal)) : "modern";
  const [era, greeting] = greeted === "modern" ? [greeted, {}] : (["older", greeted] as const);

  const ask = (method: string, params: Fields, how: McpRequest) =>
    era === "older" ? wire.request(method, params, how) : askModern(wire, method, params, how);

  return {
    era,
    list: async (caller) => {
      const tools: unknown[] = [];
      let cursor: string | undefined;
      const seen = new Set<string>();
      let ttl: unknown;
      let bytes = 0;
      let values = 0;
      for (let page = 1; ; page += 1) {
        const how = { ...limits(caller), max_bytes: Math.max(mostBytes - bytes, 1) };
        const params = cursor === undefined ? {} : { cursor };
        const result = await ask("tools/list", params, how).catch((error: unknown) => {
          // It has none, and never said that it had.
          if (isUnknownMethod(error) && !declaresTools(greeting)) return { tools: [] };
          throw isTooLarge(error)
            ? new McpFailure("Its list of tools is larger than 8 MiB.", {})
            : error;
        });
        bytes += wire.lastBytes();
        const { tools: listed, nextCursor, ttlMs } = fieldsOf(result);
        if (!Array.isArray(listed)) {
          throw wire.failures.said("answered tools/list without a list of `tools`.");
        }
        values += nodesOf(listed);
        if (tools.length + listed.length > mostTools || values > mostValues) {
          throw new McpFailure("Its list has more than 5,000 tools, or 200,000 values in all.", {});
        }
        for (const tool of listed) tools.push(tool);
        ttl ??= ttlMs;
        const next = textIn(nextCursor);
        // Before the modern revision many wrote it for none.
        if (next === undefined || (next === "" && era === "older") || seen.has(next)) break;
        seen.add(next);
        if (page === mostPages) {
          throw wire.failures.said(`lists its tools on more than ${mostPages} pages.`);
        }
        cursor = next;
      }
      return { tools, ttl_ms: typeof ttl === "number" ? ttl : undefined };
    },
    call: async ({ name, input_schema }, args, caller) => {
      const headers =
        era === "modern"
          ? { ...mcpParamHeaders(input_schema, args), "mcp-name": headerValue(name) }
          : {};
      const result = await ask(
        "tools/call",
        { name, arguments: args },
        { ...limits(caller), headers },
      );
      const { resultType, task, content } = fieldsOf(result);
      if (resultType === "input_required") {
        throw wire.failures.said(
          "answered: the call needs input of a person, and an agent loop has none.",
        );
      }
      if (task !== undefined && content === undefined) {
        throw wire.failures.said("made a task of the call, whose end is not waited for.", {
          isUncertain: true,
        });
      }
      return toolResultOf(result);
    },
    close: wire.close,
  };
}

export interface ConnectMcpDeps {
  readonly fetch: SafeFetch;
  readonly timeout_ms: number;
  /** How long a server is given to say that it speaks the modern revision. */
  readonly probe_ms: number;
  /** As it was found out before. */
  readonly era: McpEra | undefined;
  /** Called when the server says that its tools are others now. */
  readonly onListChanged: () => void;
}

/** Throws `McpFailure` for what was once saved and cannot be sent. */
function checkServer({ url, headers }: McpServer): void {
  if (!URL.parse(url)) throw new McpFailure("Its URL is not complete.", { reached: false });
  try {
    new Headers({ ...headers });
  } catch {
    throw new McpFailure("It has a header that cannot be sent.", { reached: false });
  }
}

async function probe(wire: McpWire, how: McpRequest): Promise<McpEra> {
  try {
    const limited = { ...how, max_bytes: mostProbeBytes };
    const { supportedVersions } = fieldsOf(await askModern(wire, "server/discover", {}, limited));
    const isModern = Array.isArray(supportedVersions) && supportedVersions.includes(modern);
    return isModern ? "modern" : "older";
  } catch (error) {
    if (error instanceof McpFailure && !how.signal.aborted) return "older";
    throw error;
  }
}

function askModern(
  wire: McpWire,
  method: string,
  params: Fields,
  how: McpRequest,
): Promise<unknown> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": modern,
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const headers = { ...how.headers, "mcp-protocol-version": modern, "mcp-method": method };
  return wire.request(method, { ...params, _meta }, { ...how, headers, isModern: true });
}

/**
 * The handshake of the revisions before 2026-07-28. Resolves to what the server says of itself; to `modern` when it turns
 * out to know only that one, though it did not say so when it was asked.
 */
async function greet(wire: McpWire, how: McpRequest): Promise<Fields | "modern"> {
  const greeting = await greetIn(wire, olderVersions, how).catch(async (error: unknown) => {
    if (!(error instanceof McpFailure)) throw error;
    if (error.versions.includes(modern)) return "modern" as const;
    if (refusals.includes(error.status) && (await wire.isOlderTransport(how.signal))) {
      throw wire.failures.said(olderTransport);
    }
    throw error;
  });
  if (greeting === "modern") return greeting;
  const version = textIn(fieldsOf(greeting)["protocolVersion"]);
  if (version !== undefined) wire.setVersion(version);
  await wire.notify("notifications/initialized", how);
  return fieldsOf(greeting);
}

/** In the first version; in the next that it names, or in all, where the server refuses that instead of naming its own. */
async function greetIn(
  wire: McpWire,
  [protocolVersion = "", ...others]: readonly string[],
  how: McpRequest,
): Promise<Fields> {
  const params = { protocolVersion, capabilities: {}, clientInfo };
  try {
    return fieldsOf(await wire.request("initialize", params, how));
  } catch (error) {
    if (!(error instanceof McpFailure) || !/protocol.?version/i.test(error.message)) throw error;
    const named = others.filter((one) => error.versions.includes(one));
    const left = named.length > 0 || error.versions.includes(modern) ? named : others;
    if (left.length === 0) throw error;
    return await greetIn(wire, left, how);
  }
}

/** How servers that begin with a GET answer a POST. */
const refusals: readonly unknown[] = [400, 404, 405];

const declaresTools = (greeting: Fields) =>
  fieldsOf(greeting["capabilities"])["tools"] !== undefined;

const isUnknownMethod = (error: unknown) =>
  error instanceof McpFailure && error.code === methodNotFound;

const isTooLarge = (error: unknown) => error instanceof McpFailure && error.code === "too_large";
