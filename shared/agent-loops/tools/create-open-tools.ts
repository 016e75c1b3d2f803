import type { SafeFetch } from "../../outbound/safe-fetch.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type BuiltTool, errorResult } from "./built-tool.ts";
import { httpRequestTool } from "./http-request.ts";
import { timeTools } from "./time-tools.ts";
import { type OpenTools, ToolServerError } from "./tool-box.ts";

/** Makes the function that opens the tools of a loop. */
export const createOpenTools =
  ({ fetch, clock }: { readonly fetch: SafeFetch; readonly clock: Clock }): OpenTools =>
  async (listed) => {
    const built: BuiltTool[] = listed.flatMap(({ type }) => {
      if (type === "mcp") throw new ToolServerError("MCP servers cannot be used yet.");
      return type === "http" ? [httpRequestTool(fetch)] : timeTools(clock);
    });
    const runs = new Map(built.map(({ tool, run }) => [tool, run]));
    return {
      tools: built.map(({ tool }) => tool),
      call: async (tool, args, signal) =>
        (await runs.get(tool)?.(args, signal)) ?? errorResult(`There is no tool ${tool.name}.`),
      close: () => Promise.resolve(),
    };
  };
