import type { CallOptions } from "./services.ts";
import type { Input } from "./wire.ts";

/** One call, through whichever door it comes. */
export interface Call<Answer> {
  readonly service: string;
  readonly operation: string;
  /** Reads what was sent; throws AwsError when it cannot be read. */
  readonly input: () => Input;
  readonly run: (input: Input, options: CallOptions) => Promise<Answer>;
  readonly signal: AbortSignal | undefined;
  /** Whether who calls ends with this process. */
  readonly callerIsHere: boolean;
}

/** Makes a call, with what goes wrong with it. Rejects with AwsError, or as a broken connection does; or never ends. */
export type Perform = <Answer>(call: Call<Answer>) => Promise<Answer>;
