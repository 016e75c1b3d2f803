import type { SafeFetch } from "../outbound/safe-fetch.ts";
import type { Clock } from "../runtime/clock.ts";
import { errorResult } from "./built-tool.ts";
import { probeMs, timeoutMs } from "./call-limits.ts";
import { httpRequestTool } from "./http-request.ts";
import { openMcpServer, type OpenMcpServer } from "./open-mcp-server.ts";
import { timeTools } from "./time-tools.ts";
import { type OpenedTool, type OpenTools, type ToolBox, ToolServerError } from "./tool-box.ts";
import { createToolListCache } from "./tool-list-cache.ts";

const mostTools = 128;

/**
 * Makes the function that opens the tools of a loop: MCP servers, the built-in HTTP client and the built-in clock. What
 * servers offer is remembered as long as it lives.
 */
export function createOpenTools({
  fetch,
  clock,
  timeout_ms = timeoutMs,
  probe_ms = probeMs,
}: {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  readonly timeout_ms?: number;
  readonly probe_ms?: number;
}): OpenTools {
  const deps = { fetch, cache: createToolListCache(clock), timeout_ms, probe_ms };

  const open = async (listed: OpenedTool, signal: AbortSignal): Promise<OpenMcpServer> => {
    if (listed.type === "mcp") return await openMcpServer(deps, listed, signal);
    const tools = listed.type === "http" ? [httpRequestTool(fetch, timeout_ms)] : timeTools(clock);
    return { tools: () => tools, close: () => Promise.resolve() };
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
    const count = opened.flatMap(({ tools }) => tools()).length;
    if (failed || count > mostTools) {
      await close();
      throw failed ? failed.reason : tooMany(count);
    }
    return toolBoxOf(opened, close);
  };
}

function toolBoxOf(servers: readonly OpenMcpServer[], close: () => Promise<void>): ToolBox {
  const built = () => servers.flatMap(({ tools }) => tools()).slice(0, mostTools);
  const named = (name: string) => built().find(({ tool }) => tool.name === name);
  /** Some models leave out the server or put words of their own around a name. */
  const none = (name: string) => {
    const plain = name.replaceAll(".", "_");
    const meant = built()
      .map(({ tool }) => tool.name)
      .filter((one) => plain.includes(one) || one.endsWith(`_${name}`));
    const near = meant.length > 0 ? ` There is ${meant.slice(0, 5).join(", ")}.` : "";
    return `There is no tool ${name}.${near}`;
  };
  return {
    get tools() {
      return built().map(({ tool }) => tool);
    },
    find: async (name, signal) => {
      if (!named(name)) {
        for (const server of servers) await server.lookAgain?.(name, signal);
      }
      const found = named(name);
      if (found) return found.tool;
      const why = servers.map((server) => server.leftOut?.(name)).find(Boolean);
      return { problem: why ? `The tool ${name} cannot be used: ${why}.` : none(name) };
    },
    // By its name: a server that was asked again has other objects for the same tools.
    call: async ({ name }, args, signal) =>
      (await named(name)?.run(args, signal)) ?? errorResult(none(name)),
    close,
  };
}

const tooMany = (count: number) =>
  new ToolServerError(
    `The loop has ${count} tools, and a model is given at most ${mostTools}: choose the ones it needs with allowed_tools.`,
  );
