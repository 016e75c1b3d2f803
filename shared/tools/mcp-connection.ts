import {
  Client,
  type PriorDiscovery,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type Tool as McpTool,
} from "@modelcontextprotocol/client";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { OutboundError } from "../outbound/outbound-error.ts";
import { createWebFetch } from "../outbound/safe-fetch-web.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { type McpExchange, McpFailure, mcpFailure } from "./mcp-failure.ts";
import { toolResultOf } from "./mcp-result.ts";
import type { OpenedTool, ToolResult } from "./tool-box.ts";

/** An MCP server as a loop lists it. */
export type McpServer = Extract<OpenedTool, { readonly type: "mcp" }>;

/** What an MCP server offers. */
export interface McpOffer {
  readonly tools: readonly McpTool[];
  /** How long the server says that this holds; undefined when it does not say. */
  readonly ttl_ms: number | undefined;
}

/** A connection to an MCP server. Its calls throw `McpFailure`, or the signal's reason when that is aborted. */
export interface McpConnection {
  /** What was found out about the server, for later connections. */
  readonly prior: PriorDiscovery;
  readonly list: (signal: AbortSignal) => Promise<McpOffer>;
  readonly call: (
    tool: Pick<McpTool, "name" | "inputSchema">,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ) => Promise<ToolResult>;
  /** Ends the session, if there is one; never throws. */
  readonly close: () => Promise<void>;
}

/** Of one answer, and of all pages of a list together. */
const mostBytes = 8 * 1_048_576;
const mostPages = 32;
const closeMs = 2_000;

/**
 * Connects to an MCP server over Streamable HTTP, in the protocol's revision 2026-07-28 or by the handshake of the
 * older ones. With `prior` the server is not asked which.
 */
export async function connectMcp(
  server: McpServer,
  {
    fetch,
    timeout_ms,
    prior,
  }: {
    readonly fetch: SafeFetch;
    readonly timeout_ms: number;
    readonly prior: PriorDiscovery | undefined;
  },
  signal: AbortSignal,
): Promise<McpConnection> {
  const url = readServer(server);
  const { host } = url;
  const exchange: McpExchange = { answer: undefined, error: undefined };
  const phase: Phase = { connecting: signal, bytesLeft: Infinity };
  const transport = new StreamableHTTPClientTransport(url, {
    fetch: mcpFetch(fetch, exchange, phase, timeout_ms),
    requestInit: { headers: server.headers },
    reconnectionOptions: {
      initialReconnectionDelay: 500,
      maxReconnectionDelay: 5_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 2,
    },
  });
  const client = new Client(
    { name: "chatbot-platform", version: "1" },
    {
      versionNegotiation: { mode: "auto" },
      inputRequired: { autoFulfill: false },
      // The default compiles schemas of strangers to code.
      jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
      listMaxPages: mostPages,
    },
  );
  // What goes wrong beside a call, such as a notice that could not be sent, has no one to be told to.
  client.onerror = () => undefined;

  const guarded = async <T>(caller: AbortSignal, work: () => Promise<T>): Promise<T> => {
    exchange.answer = undefined;
    exchange.error = undefined;
    try {
      return await work();
    } catch (error) {
      if (caller.aborted && !isTimeout(caller.reason)) throw caller.reason;
      if (error instanceof McpFailure) throw error;
      throw mcpFailure(exchange, {
        host,
        secrets: Object.values(server.headers),
        timeout_ms,
        isTimeout: caller.aborted,
        protocolMessage: protocolMessage(error),
      });
    }
  };
  const limits = (caller: AbortSignal) => ({ signal: caller, timeout: timeout_ms + 1_000 });

  const close = async () => {
    const giveUp = setTimeout(() => void transport.close(), closeMs);
    await transport.terminateSession().catch(() => undefined);
    clearTimeout(giveUp);
    await client.close().catch(() => undefined);
  };

  try {
    await guarded(signal, () =>
      client.connect(transport, { ...limits(signal), ...(prior ? { prior } : {}) }),
    );
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  } finally {
    phase.connecting = undefined;
  }
  const discover = client.getDiscoverResult();

  return {
    prior: discover ? { kind: "modern", discover } : { kind: "legacy" },
    list: (caller) =>
      guarded(caller, async () => {
        if (!client.getServerCapabilities()?.tools) return { tools: [], ttl_ms: undefined };
        phase.bytesLeft = mostBytes;
        const { tools, ttlMs } = await client
          .listTools(undefined, { ...limits(caller), cacheMode: "bypass" })
          .catch((error: unknown) => {
            if (exchange.error?.code !== "too_large") throw error;
            throw new McpFailure("Its list of tools is larger than 8 MiB.", {});
          })
          .finally(() => (phase.bytesLeft = Infinity));
        return { tools, ttl_ms: typeof ttlMs === "number" ? ttlMs : undefined };
      }),
    call: (tool, args, caller) =>
      guarded(caller, async () => {
        const { name, inputSchema } = tool;
        const result = await client.callTool(
          { name, arguments: { ...args } },
          // Without its output schema: whether the answer keeps to it is between the server and the model.
          { ...limits(caller), toolDefinition: { name, inputSchema } },
        );
        return toolResultOf(result);
      }),
    close,
  };
}

/** The server's URL; throws `McpFailure` for what was once saved and cannot be sent. */
function readServer({ url, headers }: McpServer): URL {
  const read = URL.parse(url);
  if (!read) throw new McpFailure("Its URL is not complete.", { reached: false });
  try {
    new Headers({ ...headers });
  } catch {
    throw new McpFailure("It has a header that cannot be sent.", { reached: false });
  }
  return read;
}

function protocolMessage(error: unknown): string | undefined {
  if (error instanceof ProtocolError) return error.message;
  const asksBack = error instanceof SdkError && error.code === SdkErrorCode.UnsupportedResultType;
  return asksBack ? "the call needs input of a person, and an agent loop has none." : undefined;
}

const isTimeout = (reason: unknown) =>
  reason instanceof DOMException && reason.name === "TimeoutError";

/** What holds for requests at the moment. */
interface Phase {
  connecting: AbortSignal | undefined;
  bytesLeft: number;
}

/** Notes what goes over the wire, and leaves out the stream of a server's own messages, which nobody listens to. */
function mcpFetch(fetch: SafeFetch, exchange: McpExchange, phase: Phase, timeout_ms: number) {
  const watched: SafeFetch = async (url, request) => {
    try {
      const max_bytes = Math.min(request.max_bytes, phase.bytesLeft);
      exchange.answer = await fetch(url, { ...request, max_bytes });
      phase.bytesLeft -= exchange.answer.body.length;
      return exchange.answer;
    } catch (error) {
      if (error instanceof OutboundError) exchange.error = error;
      throw error;
    }
  };
  const webFetch = createWebFetch(watched, { timeout_ms, max_bytes: mostBytes });
  return async (url: string | URL, init?: RequestInit): Promise<Response> => {
    const isStream = init?.method === "GET" && !new Headers(init.headers).has("last-event-id");
    if (isStream) return new Response(null, { status: 405 });
    // The client itself does not stop asking for the revision when its signal is aborted.
    const signals = [init?.signal, phase.connecting].filter(
      (signal) => signal instanceof AbortSignal,
    );
    return webFetch(url, { ...init, signal: AbortSignal.any(signals) });
  };
}
