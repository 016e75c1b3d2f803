import type { PlatformName } from "#shared/platforms/catalogue";
import type { Memory } from "../memory.ts";

/** Days after which a log may forget. */
export const logRetentions = [7, 30, 90, 180, 365] as const;

/** How much of a deployment is watched. */
export const monitorings = ["all", "alarms", "none"] as const;

/** The settings of one deployment. */
export interface Stage {
  readonly name: string;
  /** The only account and region it may go to; unless given, those of the person who deploys. */
  readonly home?: { readonly account: string; readonly region: string };
  /** A name of the operator's own for the API, with its certificate, which AWS wants in the same region. */
  readonly domain?: { readonly name: string; readonly certificateArn: string };
  /** Whether the data outlives its stack: deletion protection, and nothing is removed with it. */
  readonly keepsData: boolean;
  /**
   * Memory of functions, which also decides their share of a processor: a core at 1,769 MB.
   * Source: "Configure Lambda function memory" of the AWS Lambda Developer Guide.
   */
  readonly memoryMb: Memory;
  /** Why it is that much: what `npm run bench -- bundles` prints beside it. */
  readonly memoryReasons: Readonly<Record<keyof Memory, string>>;
  readonly logRetentionDays: (typeof logRetentions)[number];
  /** What the HTTP API lets through, all teams together. */
  readonly throttle: { readonly requestsPerSecond: number; readonly burst: number };
  /** Origins of web pages that may call the whole API; none unless named, and none where a route has `cors` of its own. */
  readonly corsOrigins: readonly string[];
  /** Alarms and the dashboard, alarms alone, or neither; then nothing is measured either. */
  readonly monitoring: (typeof monitorings)[number];
  /** All alarms, or the plain ones, which are not computed from several metrics. */
  readonly alarms: "all" | "plain";
  /** Who is told when an alarm goes off; nobody unless given. */
  readonly alarmEmail?: string;
  /** The most functions of each worker at once; what its `worker.ts` says unless given. An account has 1,000, a new one 10. */
  readonly workerConcurrency?: number;
  /** How much of a worker one team's slow backends, models and receivers may hold: 25 unless given. */
  readonly teamSharePercent?: number;
  /** Where platforms are called that are not in their own place, such as a Bot API server of the operator's own. */
  readonly platformUrls?: Readonly<Partial<Record<PlatformName, string | undefined>>>;
  /** Whether backends may have `http://` and private addresses: in AWS a hole into the account's own network. */
  readonly allowsPrivateUrls: boolean;
}

const memory: Pick<Stage, "memoryMb" | "memoryReasons"> = {
  memoryMb: { usual: 512, waiting: 256 },
  memoryReasons: {
    usual: "0.29 of a core: the first request is all CPU, and somebody waits for it",
    waiting: "0.14 of a core: its own work takes 31 to 60 ms, and its waiting costs by memory",
  },
};

const dev: Stage = {
  name: "dev",
  keepsData: false,
  ...memory,
  logRetentionDays: 7,
  throttle: { requestsPerSecond: 100, burst: 200 },
  corsOrigins: [],
  monitoring: "none",
  alarms: "all",
  allowsPrivateUrls: false,
};

const prod: Stage = {
  name: "prod",
  keepsData: true,
  ...memory,
  logRetentionDays: 90,
  throttle: { requestsPerSecond: 2000, burst: 4000 },
  corsOrigins: [],
  monitoring: "alarms",
  alarms: "all",
  allowsPrivateUrls: false,
};

/** What `npm run test:deploy` deploys. Its account exists in emulators alone, so AWS never sees it. */
const emulator: Stage = {
  ...dev,
  name: "emulator",
  home: { account: "000000000000", region: "us-east-1" },
  monitoring: "all",
  // Alarms over metric math would roll the stack back there.
  alarms: "plain",
  // The backends of tests are on this machine.
  allowsPrivateUrls: true,
};

/** The stages that are built in. An operator's own settings stand in a file that git does not know (`stageOf`). */
export const stages: readonly Stage[] = [dev, prod, emulator];

/** Finds a stage that is built in. Throws when there is no such stage. */
export function stageNamed(name: string): Stage {
  const stage = stages.find((one) => one.name === name);
  if (!stage) throw new Error(`The stage ${name} is not built in.`);
  return stage;
}

/** The most functions of a worker at once in a stage. The least that AWS allows is 2. */
export const maxConcurrencyOf = (
  { maxConcurrency }: { readonly maxConcurrency: number },
  { workerConcurrency }: Pick<Stage, "workerConcurrency">,
): number => Math.max(2, workerConcurrency ?? maxConcurrency);
