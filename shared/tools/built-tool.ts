import type { Tool, ToolResult } from "./tool-box.ts";

/** A tool together with what calling it does. */
export interface BuiltTool {
  readonly tool: Tool;
  /** Calls it once with arguments without a problem. Throws the signal's reason when it is aborted, and nothing else. */
  readonly run: (args: unknown, signal: AbortSignal) => Promise<ToolResult>;
}

/** A result that tells the model what went wrong. */
export const errorResult = (text: string): ToolResult => ({ text, is_error: true });

/** Arguments as an object; what is none has no fields. */
export const fieldsOf = (args: unknown): Readonly<Record<string, unknown>> =>
  typeof args === "object" && args !== null ? { ...args } : {};

/** A field of arguments that is a text; undefined when it is not. */
export function textField(args: unknown, name: string): string | undefined {
  const value = fieldsOf(args)[name];
  return typeof value === "string" ? value : undefined;
}
