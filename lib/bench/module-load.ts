import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What one fresh process measured. */
export interface ModuleLoad {
  /** Importing the bundle. */
  readonly load_ms: number;
  /** The processor's time of that, all threads together: what other programs on the machine hardly change. */
  readonly load_cpu_ms: number;
  /** From before the import until the handler has answered; as `load_ms` when it was asked nothing. */
  readonly answer_ms: number;
  /** The most that was resident. */
  readonly rss_mb: number;
  /** What the handler answered. */
  readonly status?: number;
}

const run = promisify(execFile);

/**
 * The whole program. It imports as Lambda's runtime does: by `import()` out of an ES module. Its clock runs around that
 * alone, without the start of the process.
 * Source: `src/function` of aws/aws-lambda-nodejs-runtime-interface-client.
 */
const program = `
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
const [file, event] = process.argv.slice(1);
const url = pathToFileURL(file).href;
const cpu = process.cpuUsage();
const begin = performance.now();
const { handler } = await import(url);
const load_ms = performance.now() - begin;
const { user, system } = process.cpuUsage(cpu);
const answer = event && (await handler(JSON.parse(event), {
  awsRequestId: "bench",
  getRemainingTimeInMillis: () => 29_000,
}));
writeSync(1, "\\n" + JSON.stringify({
  load_ms,
  load_cpu_ms: (user + system) / 1000,
  answer_ms: event ? performance.now() - begin : load_ms,
  rss_mb: process.resourceUsage().maxRSS / 1024,
  status: answer?.statusCode,
}));
process.exit();
`;

/** Imports a bundle in a fresh process that has these variables and no others, and asks its handler an event, if given. */
export async function loadModule(
  file: string,
  variables: Readonly<Record<string, string>>,
  event?: object,
): Promise<ModuleLoad> {
  const { stdout } = await run(
    process.execPath,
    ["--input-type=module", "--eval", program, file, ...(event ? [JSON.stringify(event)] : [])],
    { env: { ...variables } },
  );
  // The last line is the program's; those above are the handler's log.
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n"))) as ModuleLoad;
}
