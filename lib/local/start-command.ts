import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { isStageName } from "#lib/deployed-names";
import { loadWorkers } from "#lib/manifest";
import { platforms } from "#shared/platforms/catalogue";
import { describeError, log } from "#shared/runtime/log";
import { withoutEnd } from "#shared/runtime/without-end";
import type { AwsPlace } from "./aws-place.ts";
import { openDataFolder } from "./data-folder.ts";
import type { Demo } from "./demo.ts";
import type { LocalPlatform, PlatformOptions } from "./platform.ts";
import type { RemoteAws } from "./remote-aws.ts";
import { StartError } from "./start-error.ts";

const say = (text: string) => void process.stdout.write(`${text}\n`);

/**
 * `npm start`: runs the platform until a signal ends it. Exits with 0 after an orderly stop, with 1 when it cannot
 * start, at once at a second signal.
 */
export async function start(args: string[]): Promise<void> {
  // Files are made for their owner alone.
  process.umask(0o077);
  // Who reads the log may go away; the platform stays.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  let platform: LocalPlatform;
  let settings: Settings;
  let remote: RemoteAws | undefined;
  try {
    settings = readSettings(args, process.env);
    // Settings that are wrong need not wait for it.
    const { startPlatform } = await import("./platform.ts");
    remote = settings.place && (await openPlace(settings.place));
    platform = await startPlatform({ ...settings, remote: remote?.queues });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  stopOnSignals(platform);
  // On Lambda it would be one function's loss; here it must not be everyone's.
  process.on("unhandledRejection", (error) => log("error", "unhandled", describeError(error)));

  const { path, demoFile } = openDataFolder(settings.dataDir);
  const isStage = settings.place?.stage !== undefined;
  say(`Chatbot Platform runs at ${platform.url}, for this machine only.`);
  if (settings.publicUrl !== undefined) {
    say(`Others reach it at ${settings.publicUrl}, as platforms are told.`);
  }
  if (!remote) say(`Everything is kept in ${path}.`);
  else if (!isStage) for (const line of ["It works with:", ...remote.lines]) say(line);
  say(`The API's reference: ${platform.url}/docs`);
  if (process.env["ALLOW_PRIVATE_URLS"] === "true") {
    say("Backends may have http:// and private addresses. ALLOW_PRIVATE_URLS=false forbids that.");
  }
  if (platform.endpointUrl) {
    say(`DynamoDB and SQS answer at ${platform.endpointUrl}, to every program of this machine.`);
  }
  if (!isStage) {
    try {
      const { prepareDemo } = await import("./demo.ts");
      sayDemo(await prepareDemo(demoFile, platform.url));
    } catch (error) {
      say(
        `\nThe demo could not be made: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    const where = remote ? "--aws " : "";
    say(`\nA team of your own: npm run team -- ${where}create --name "Acme" --plan free`);
  }
  say("Ctrl+C stops.");
}

interface Settings extends PlatformOptions {
  /** Undefined is the data folder. */
  readonly place: AwsPlace | undefined;
}

function readSettings(args: string[], env: NodeJS.ProcessEnv): Settings {
  const { aws = false, stage, endpoints = false } = parse(args);
  if (stage !== undefined && !isStageName(stage)) {
    throw new StartError(`${JSON.stringify(stage)} is no name of a stage: dev, prod, …`);
  }
  if (stage !== undefined && !aws) {
    throw new StartError("--stage is for --aws: npm start -- --aws --stage NAME.");
  }
  if (aws && endpoints) {
    throw new StartError("--endpoints opens the embedded engine, which --aws does not use.");
  }
  for (const [name, { isRight, must }] of Object.entries(variables)) {
    // Behind one that Windows is given before `&&` stands a blank.
    const value = env[name]?.trim();
    if (value && !isRight(value)) throw new StartError(`${name} is ${value}, and must be ${must}.`);
    if (value) env[name] = value;
  }
  const port = Number(env["PORT"] || 3000);
  const publicUrl = withoutEnd(env["PUBLIC_URL"] ?? "", "/") || undefined;
  const folder = env["DATA_DIR"] || ".data";
  // A folder beside: its demo and its server are others.
  const dataDir = aws ? join(folder, "aws") : folder;
  return { port, dataDir, publicUrl, endpoints, place: aws ? { stage } : undefined };
}

interface Variable {
  readonly isRight: (value: string) => boolean;
  readonly must: string;
}

const wholeNumber = (least: number, most: number): Variable => ({
  isRight: (value) => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most,
  must: `a whole number from ${least} to ${most}`,
});

const oneOf = (...words: string[]): Variable => ({
  isRight: (value) => words.includes(value),
  must: words.join(", ").replace(/, (\w+)$/, " or $1"),
});

const address = (example: string): Variable => ({
  isRight: (value) => {
    const { protocol = "", search, hash } = URL.parse(value) ?? {};
    return /^https?:$/.test(protocol) && !search && !hash;
  },
  must: `an address such as ${example}`,
});

/** What would otherwise be taken for its default, unseen, where it is mistyped. */
const variables: Readonly<Record<string, Variable>> = {
  PORT: wholeNumber(0, 65_535),
  PUBLIC_URL: address("https://chat.example.com"),
  ALLOW_PRIVATE_URLS: oneOf("true", "false"),
  LEASE_SECONDS: wholeNumber(1, 900),
  TEAM_SHARE_PERCENT: wholeNumber(1, 100),
  SYNCHRONOUS: oneOf("NORMAL", "FULL"),
  ...Object.fromEntries(
    Object.values(platforms).map(({ base_url }) => [base_url.variable, address(base_url.default)]),
  ),
};

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        aws: { type: "boolean" },
        stage: { type: "string" },
        endpoints: { type: "boolean" },
      },
    });
    return values;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `${problem}. It takes --aws, --stage NAME and --endpoints; PORT and the like are variables of the environment.`,
    );
  }
}

/** Finds what the platform works with; on a deployed stage only after a yes. */
async function openPlace(place: AwsPlace): Promise<RemoteAws> {
  const { openRemoteAws } = await import("./remote-aws.ts");
  const { stage } = place;
  // As in AWS: the addresses in its integrations and loops are not this machine's.
  if (stage !== undefined) process.env["ALLOW_PRIVATE_URLS"] ||= "false";
  const remote = await openRemoteAws(place, await loadWorkers());
  if (stage === undefined) return remote;
  for (const line of [`The stage ${stage}:`, ...remote.lines]) say(line);
  say(
    "Functions of this checkout will take its messages and call its backends, models and receivers, beside those deployed there.",
  );
  process.stdout.write('Go on? Only "yes" does: ');
  if ((await firstLine()) === "yes") return remote;
  throw new StartError("Nothing was begun.");
}

/** What is typed; nothing when the input ends. */
async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line.trim();
  return "";
}

function sayDemo(demo: Demo | undefined): void {
  if (!demo) return;
  const { talk, file, curl } = demo;
  if (talk) {
    say(
      "\nThere was no team, so a demo team with a bot and a web channel was made. A first message:",
    );
    say(`  > ${talk.message}`);
    say(`  < ${talk.reply ?? "(no reply yet)"}`);
  }
  say(`\nThe demo team's API key is in ${file}. To send a message with it:\n`);
  say(`  ${curl}`);
}

/** npm passes on a Ctrl+C that the terminal has already sent: two signals so close together are one. */
const sameSignalMs = 500;

function stopOnSignals(platform: LocalPlatform): void {
  let first: number | undefined;
  const stop = () => {
    if (first !== undefined) {
      if (performance.now() - first > sameSignalMs) process.exit(1);
      return;
    }
    first = performance.now();
    setTimeout(
      () => say("What is in work may end, for up to 8 s. Ctrl+C again stops at once."),
      sameSignalMs,
    );
    platform.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log("error", "stop_failed", describeError(error));
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
}
