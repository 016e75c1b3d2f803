import type { SafeFetch } from "../outbound/safe-fetch.ts";
import type { Clock } from "../runtime/clock.ts";
import { type BuiltTool, errorResult } from "./built-tool.ts";
import { httpRequestTool } from "./http-request.ts";
import { openMcpServer, type OpenMcpServer } from "./open-mcp-server.ts";
import { timeTools } from "./time-tools.ts";
import { type OpenedTool, type OpenTools, ToolServerError } from "./tool-box.ts";
import { createToolListCache } from "./tool-list-cache.ts";

const mostTools = 128;

/**
 * Makes the function that opens the tools of a loop: MCP servers, the built-in HTTP client and the built-in clock. What
 * servers offer is remembered as long as it lives.
 */
export function createOpenTools({
  fetch,
  clock,
  timeout_ms = 30_000,
}: {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  /** For opening servers, and for each call of a tool. */
  readonly timeout_ms?: number;
}): OpenTools {
  const deps = { fetch, cache: createToolListCache(clock), timeout_ms };

  const open = async (listed: OpenedTool, signal: AbortSignal): Promise<OpenMcpServer> => {
    if (listed.type === "mcp") return await openMcpServer(deps, listed, signal);
    const tools = listed.type === "http" ? [httpRequestTool(fetch, timeout_ms)] : timeTools(clock);
    return { tools, close: () => Promise.resolve() };
  };

  return async (listed, signal) => {
    signal.throwIfAborted();
    const results = await Promise.allSettled(listed.map((tool) => open(tool, signal)));
    const opened = results.flatMap((result) =>
      result.status === "fulfilled" ? [result.value] : [],
    );
    const close = async () => {
      await Promise.all(opened.map((server) => server.close()));
    };
    const failed = results.find((result) => result.status === "rejected");
    const built = opened.flatMap(({ tools }) => tools);
    if (failed || built.length > mostTools) {
      await close();
      throw failed ? failed.reason : tooMany(built.length);
    }
    return toolBoxOf(built, close);
  };
}

function toolBoxOf(built: readonly BuiltTool[], close: () => Promise<void>) {
  const runs = new Map(built.map(({ tool, run }) => [tool, run]));
  return {
    tools: built.map(({ tool }) => tool),
    call: async (...[tool, args, signal]: Parameters<Awaited<ReturnType<OpenTools>>["call"]>) =>
      (await runs.get(tool)?.(args, signal)) ?? errorResult(`There is no tool ${tool.name}.`),
    close,
  };
}

const tooMany = (count: number) =>
  new ToolServerError(
    `The loop has ${count} tools, and a model is given at most ${mostTools}: choose the ones it needs with allowed_tools.`,
  );
