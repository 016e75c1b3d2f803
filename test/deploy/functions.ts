import type { Emulator } from "./emulator.ts";

/** What is known of a deployed function. */
export interface DeployedFunction {
  readonly name: string;
  /** `GET /v1/health: …`, or what a worker does: names are made by CloudFormation and tell little. */
  readonly description: string;
  /** Differs when its code differs. */
  readonly code: string;
  /** Differs when it was touched. */
  readonly modified: string;
  readonly logGroup: string;
}

/** Every function that is deployed, by name. */
export async function deployedFunctions({ ask }: Emulator): Promise<readonly DeployedFunction[]> {
  const [answer] = await ask([["lambda", "list_functions", {}]]);
  // As AWS documents it: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
  const { Functions } = answer as {
    Functions: {
      FunctionName: string;
      Description: string;
      CodeSha256: string;
      LastModified: string;
      LoggingConfig: { LogGroup: string };
    }[];
  };
  return Functions.map((one) => ({
    name: one.FunctionName,
    description: one.Description,
    code: one.CodeSha256,
    modified: one.LastModified,
    logGroup: one.LoggingConfig.LogGroup,
  }));
}

/** The functions whose code or settings differ, or that are only in one of two lists, by what they do. */
export function changedBetween(
  before: readonly DeployedFunction[],
  after: readonly DeployedFunction[],
): readonly string[] {
  const print = ({ name, code, modified }: DeployedFunction) => `${name} ${code} ${modified}`;
  const [old, now] = [before, after].map((list) => new Set(list.map(print)));
  const changed = [
    ...before.filter((one) => !now?.has(print(one))),
    ...after.filter((one) => !old?.has(print(one))),
  ];
  return [...new Set(changed.map(({ description }) => description))];
}

/** What each function has written into its log. */
export async function logsOf(
  { ask }: Emulator,
  functions: readonly DeployedFunction[],
): Promise<ReadonlyMap<DeployedFunction, readonly string[]>> {
  const answers = await ask(
    functions.map(({ logGroup }) => ["logs", "filter_log_events", { logGroupName: logGroup }]),
  );
  return new Map(
    functions.map((one, index) => {
      // As AWS documents it for FilterLogEvents.
      const { events } = answers[index] as { events: { message: string }[] };
      return [one, events.map(({ message }) => message)];
    }),
  );
}
