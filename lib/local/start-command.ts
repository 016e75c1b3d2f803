import { parseArgs } from "node:util";
import { describeError, log } from "#shared/runtime/log";
import { withoutEnd } from "#shared/runtime/without-end";
import { openDataFolder } from "./data-folder.ts";
import { type Demo, prepareDemo } from "./demo.ts";
import { type LocalPlatform, type PlatformOptions, startPlatform } from "./platform.ts";
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
  let options: PlatformOptions;
  try {
    options = readSettings(args, process.env);
    platform = await startPlatform(options);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  stopOnSignals(platform);
  // On Lambda it would be one function's loss; here it must not be everyone's.
  process.on("unhandledRejection", (error) => log("error", "unhandled", describeError(error)));

  const { path, demoFile } = openDataFolder(options.dataDir);
  say(`Chatbot Platform runs at ${platform.url}, for this machine only.`);
  say(`Everything is kept in ${path}. The API's reference: ${platform.url}/docs`);
  if (process.env["ALLOW_PRIVATE_URLS"] === "true") {
    say("Backends may have http:// and private addresses. ALLOW_PRIVATE_URLS=false forbids that.");
  }
  if (platform.endpointUrl) {
    say(`DynamoDB and SQS answer at ${platform.endpointUrl}, to every program of this machine.`);
  }
  try {
    sayDemo(await prepareDemo(demoFile, platform.url));
  } catch (error) {
    say(`\nThe demo could not be made: ${error instanceof Error ? error.message : String(error)}`);
  }
  say('\nA team of your own: npm run team -- create --name "Acme" --plan free');
  say("Ctrl+C stops.");
}

function readSettings(args: string[], env: NodeJS.ProcessEnv): PlatformOptions {
  let endpoints: boolean;
  try {
    const { values } = parseArgs({ args, options: { endpoints: { type: "boolean" } } });
    endpoints = values.endpoints ?? false;
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)}`);
  }
  const port = Number(env["PORT"] || 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartError(`PORT is ${env["PORT"]}, and must be a whole number from 0 to 65535.`);
  }
  const publicUrl = withoutEnd(env["PUBLIC_URL"] ?? "", "/") || undefined;
  return { port, dataDir: env["DATA_DIR"] || ".data", publicUrl, endpoints };
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
