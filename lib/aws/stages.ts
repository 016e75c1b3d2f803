/** The settings of one deployment. */
export interface Stage {
  readonly name: string;
  /** Whether the data outlives its stack: deletion protection, and nothing is removed with it. */
  readonly keepsData: boolean;
  /** Memory of functions, which also decides their share of a processor. */
  readonly memoryMb: { readonly routes: number; readonly workers: number };
  readonly logRetentionDays: 7 | 30 | 90;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** What the HTTP API lets through, all teams together. */
  readonly throttle: { readonly requestsPerSecond: number; readonly burst: number };
  /** Origins of web pages that may call the API; none unless named. */
  readonly corsOrigins: readonly string[];
}

const stages: readonly Stage[] = [
  {
    name: "dev",
    keepsData: false,
    memoryMb: { routes: 512, workers: 512 },
    logRetentionDays: 7,
    logLevel: "debug",
    throttle: { requestsPerSecond: 100, burst: 200 },
    corsOrigins: [],
  },
  {
    name: "prod",
    keepsData: true,
    memoryMb: { routes: 512, workers: 1024 },
    logRetentionDays: 90,
    logLevel: "info",
    throttle: { requestsPerSecond: 2000, burst: 4000 },
    corsOrigins: [],
  },
];

/** Finds the settings of a stage (`-c stage=prod`). Throws a sentence when there is no such stage. */
export function stageNamed(name: string): Stage {
  const stage = stages.find((one) => one.name === name);
  if (stage) return stage;
  const names = stages.map((one) => one.name).join(", ");
  throw new Error(
    `There is no stage ${name}. Choose one of ${names}, or add it to lib/aws/stages.ts.`,
  );
}
