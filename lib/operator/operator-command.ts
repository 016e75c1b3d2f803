import { isStageName } from "#lib/deployed-names";
import { refuseArguments } from "../command-line.ts";
import type { AwsPlace } from "../local/aws-place.ts";
import { StartError } from "../local/start-error.ts";

/** The arguments were wrong: exit code 2. */
export class UsageError extends Error {}

/** Runs an operator's command and prints what it says: exits with 0, with 1 when it could not be done, with 2 when the arguments are wrong. */
export async function runCommand(name: string, run: () => Promise<string>): Promise<void> {
  const { stdout, stderr } = process;
  try {
    stdout.write(`${await run()}\n`);
  } catch (error) {
    if (error instanceof UsageError) {
      refuseArguments(name, error.message);
    } else if (error instanceof StartError) {
      stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    } else throw error;
  }
}

/** Reads arguments; what is wrong with them is for who wrote them. */
export function readArguments<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The options that say where the platform is. */
export const placeOptions = {
  aws: { type: "boolean" },
  stage: { type: "string" },
} as const;

/** Where the platform is; undefined is this machine's data folder. */
export function readPlace({
  aws = false,
  stage,
}: {
  readonly aws?: boolean | undefined;
  readonly stage?: string | undefined;
}): AwsPlace | undefined {
  if (stage === undefined) return aws ? { stage } : undefined;
  if (isStageName(stage)) return { stage };
  throw new UsageError(`${JSON.stringify(stage)} is no name of a stage: dev, prod, …`);
}
