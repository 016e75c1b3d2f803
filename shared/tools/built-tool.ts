import { fieldsOf, textIn } from "../schema/json-fields.ts";
import type { Tool, ToolResult } from "./tool-box.ts";

/** A tool together with what calling it does. */
export interface BuiltTool {
  readonly tool: Tool;
  /** Calls it once with arguments without a problem. Throws the signal's reason when it is aborted, and nothing else. */
  readonly run: (args: unknown, signal: AbortSignal) => Promise<ToolResult>;
}

/** A result that tells the model what went wrong. */
export const errorResult = (text: string): ToolResult => ({ text, is_error: true });

/** A field of arguments that is a text; undefined when it is not. */
export const textField = (args: unknown, name: string): string | undefined =>
  textIn(fieldsOf(args)[name]);
