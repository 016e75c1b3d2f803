import type { ModelTool } from "../models/call-model.ts";

/** A tool that can be called. */
export interface Tool extends ModelTool {
  /** The server's name as the loop has it, or `http`, `time`. */
  readonly server: string;
  /** The tool's own name on its server. */
  readonly tool: string;
  /** Whether a call with these arguments may change something, so that it must not be repeated blindly. */
  readonly mayHaveEffects: (args: unknown) => boolean;
  /** Says in a sentence what is wrong with arguments; undefined when they fit the schema. */
  readonly problemOf: (args: unknown) => string | undefined;
}

/** What a tool answered; its errors are for the model. */
export interface ToolResult {
  readonly text: string;
  readonly is_error: boolean;
}

/** The tools of one execution, opened for a while. */
export interface ToolBox {
  /** What a model is told of. Others at another time, when a server says that its tools have changed. */
  readonly tools: readonly Tool[];
  /**
   * Finds a tool by the name that a model gave. One that is not known is looked up once more at its server; what is
   * none, or cannot be offered, is told with its reason.
   */
  readonly find: (
    name: string,
    signal: AbortSignal,
  ) => Promise<Tool | { readonly problem: string }>;
  /** Calls a tool once. Only an abort by `signal` is thrown; everything else is a result. */
  readonly call: (tool: Tool, args: unknown, signal: AbortSignal) => Promise<ToolResult>;
  /** Ends connections; never throws. */
  readonly close: () => Promise<void>;
}

/** A server that the loop lists cannot be reached or does not speak MCP; the message names it. */
export class ToolServerError extends Error {
  override readonly name = "ToolServerError";
  /** Whether it may be gone in a while: the server was not reached, or said that it fails or is asked too often. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false } = {}) {
    super(message);
    this.mayPass = mayPass;
  }
}

/** An MCP server as a loop lists it. */
export interface McpServer {
  readonly type: "mcp";
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly allowed_tools: readonly string[] | null;
}

/** A tool of a loop with its secrets opened. */
export type OpenedTool = McpServer | { readonly type: "http" } | { readonly type: "time" };

/** Opens the tools of a loop: lists what MCP servers offer. Throws `ToolServerError`. */
export type OpenTools = (tools: readonly OpenedTool[], signal: AbortSignal) => Promise<ToolBox>;
