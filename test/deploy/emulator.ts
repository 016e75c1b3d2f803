import { once } from "node:events";
import {
  createWriteStream,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { dirname, join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { signal } from "#lib/children";
import { quietPort } from "#test/support/quiet-port";
import { begin, root, run } from "./command.ts";
import { mendEmulator } from "./mend-emulator.ts";
import { platformVariables } from "./platforms.ts";

const version = "1.5.33";
const folder = join(root, ".emulator");
const venv = join(folder, "venv");

/** Where everything of the runs is kept: logs, the emulator's files, the assembly. Emptied at each start. */
export const workFolder = join(folder, "run");

/** The log of installing. */
const installLog = join(folder, "install.log");

/** Something that stands in for AWS. */
export interface Emulator {
  /** Its endpoint. */
  readonly url: string;
  /** What a program needs in its environment to take it for AWS, and no setting of a real account. */
  readonly env: NodeJS.ProcessEnv;
  /** Where this emulator's logs are. */
  readonly folder: string;
  /** Asks several things as the AWS command line would: service, operation, parameters. */
  readonly ask: (calls: readonly Call[]) => Promise<readonly unknown[]>;
  /** What an address below its own answers. */
  readonly get: (url: string) => Promise<{ readonly status: number; readonly text: string }>;
  readonly stop: () => Promise<void>;
}

/** One call of an AWS service, by the names of boto: `lambda`, `list_functions`. */
export type Call = readonly [service: string, operation: string, parameters: object];

/** Makes the emulator ready below `.emulator`, once. Needs Python 3 with venv and a way to PyPI. */
export async function installEmulator(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  if (
    globSync(`lib/python3.*/site-packages/ministack-${version}.dist-info`, { cwd: venv }).length ===
    0
  ) {
    const options = { env: process.env, timeout_seconds: 300, log: installLog };
    await run("python3", ["-m", "venv", venv], options).catch((error: unknown) => {
      const hint = "The emulator needs Python 3.10 or newer with venv (Debian: python3-venv).";
      throw new Error(hint, { cause: error });
    });
    const requirements = join(root, "test/deploy/requirements.txt");
    // Python compiles what it loads; pip would compile a hundred services that nobody asks.
    const args = ["install", "--no-compile", "--requirement", requirements];
    await run(join(venv, "bin/pip"), args, options);
  }
  mendEmulator(venv);
}

/**
 * Starts an emulator that holds nothing yet, on a free port of 127.0.0.1. One that enforces speaks HTTPS and refuses
 * every call that the caller's policies do not allow, as AWS does.
 */
export async function startEmulator(name: string, { enforces }: { readonly enforces: boolean }) {
  const own = join(workFolder, name);
  const scratch = join(own, "scratch");
  rmSync(own, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  // Functions lie below, and must not be taken for the ES modules that this checkout's own package.json announces.
  writeFileSync(join(own, "package.json"), '{"type": "commonjs"}\n');
  const port = await quietPort();
  const url = `${enforces ? "https" : "http"}://localhost:${port}`;
  const certificate = join(scratch, "ministack-tls/server.crt");
  const endpoints = { AWS_ENDPOINT_URL: url, AWS_ENDPOINT_URL_S3: url };
  const trust = enforces && { NODE_EXTRA_CA_CERTS: certificate, AWS_CA_BUNDLE: certificate };
  const path = process.env["PATH"] ?? "";

  // Nothing else of this environment: the server hands its variables on to every function.
  const server = begin(join(venv, "bin/ministack"), [], {
    PATH: `${dirname(process.execPath)}:${path}`,
    HOME: own,
    TMPDIR: scratch,
    STATE_DIR: join(own, "state"),
    BIND_HOST: "127.0.0.1",
    GATEWAY_PORT: String(port),
    SFTP_ENABLED: "0",
    IOT_MTLS_ENABLED: "0",
    // What a burst of requests has started beside a function's first process is soon ended again.
    LAMBDA_WARM_TTL_SECONDS: "10",
    ...endpoints,
    // Functions call the emulator too; nobody made its certificate known to this machine.
    ...(enforces && { AUTH: "true", USE_SSL: "1", NODE_EXTRA_CA_CERTS: certificate }),
  });
  const log = createWriteStream(join(own, "emulator.log"));
  server.stdout.pipe(log);
  server.stderr.pipe(log, { end: false });
  const ended = once(server, "exit");

  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill("SIGTERM");
      await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
    }
    // The server itself if it hangs, and functions that outlived it.
    signal(server, "SIGKILL");
  };
  const env: NodeJS.ProcessEnv = {
    ...withoutAws(process.env),
    ...endpoints,
    ...trust,
    ...(await platformVariables(own)),
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_CONFIG_FILE: join(own, "no-config"),
    AWS_SHARED_CREDENTIALS_FILE: join(own, "no-credentials"),
    AWS_EC2_METADATA_DISABLED: "true",
    // Otherwise the CDK remembers which account the key is of, from one emulator to the next.
    CDK_HOME: join(own, "cdk"),
    CDK_DISABLE_CLI_TELEMETRY: "1",
    CI: "true",
    NO_COLOR: "1",
  };
  const ask: Emulator["ask"] = async (calls) => {
    const answer = await run(join(venv, "bin/python"), [join(root, "test/deploy/aws.py")], {
      env,
      timeout_seconds: 120,
      log: join(own, "asked.log"),
      input: JSON.stringify(calls),
    });
    // Printed by the script above.
    return JSON.parse(answer) as unknown[];
  };
  // Not by `fetch`: this process started before there was a certificate to trust.
  const get: Emulator["get"] = async (address) => {
    const request = enforces
      ? https.get(address, { ca: readFileSync(certificate) })
      : http.get(address);
    request.setTimeout(10_000, () =>
      request.destroy(new Error(`${address} did not answer within 10 s.`)),
    );
    // The event's arguments come without types.
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, text: await textOf(response) };
  };
  try {
    await untilItAnswers(
      () => get(`${url}/_ministack/health`),
      () => server.exitCode !== null,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const emulator: Emulator = { url, env, folder: own, ask, get, stop };
  return emulator;
}

const withoutAws = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^AWS_|^CDK_|^API_/.test(name)));

async function untilItAnswers(
  askHealth: () => ReturnType<Emulator["get"]>,
  isOver: () => boolean,
): Promise<void> {
  const end = performance.now() + 60_000;
  const isHealthy = () =>
    askHealth().then(
      ({ status }) => status === 200,
      () => false,
    );
  while (!(await isHealthy())) {
    if (isOver()) throw new Error(`The emulator ended at its start. See ${workFolder}.`);
    if (performance.now() > end) throw new Error("The emulator did not answer within 60 s.");
    await sleep(100);
  }
}
