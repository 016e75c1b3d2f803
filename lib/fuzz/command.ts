import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { apiOf, askOf } from "#lib/api";
import { say } from "#lib/bench/say";
import { startServer } from "#lib/bench/server";
import { openTable } from "#lib/bench/table-access";
import { keep, leaveNothingBehind } from "#lib/children";
import { readCommandLine } from "#lib/command-line";
import {
  type Ask,
  type Made,
  makeAgentLoop,
  makeBot,
  makeExecution,
  nowhere,
  oneOfEach,
} from "#lib/one-of-each";
import { nouns } from "#shared/runtime/nouns";

const root = fileURLToPath(new URL("../..", import.meta.url));
const settings = join(root, "test/fuzz");
const environment = join(root, ".emulator/fuzz");

/** A key has 1,000 requests a minute; the run makes some 5,000. */
const keyCount = 8;

const help = `Usage: npm run fuzz -- [ARGUMENT…]

Sends what Schemathesis makes of the API's document to a server of its own, and ends with its exit code,
or with 1 when the server has logged an error. Arguments go to \`st run\`; without --seed every run sends
the same. Installs Schemathesis first when it is not there; that needs Python 3.
`;

/** `npm run fuzz`, as its help says. */
export async function fuzz(args: string[]): Promise<void> {
  readCommandLine({ name: "fuzz", help }, args, () => {});
  leaveNothingBehind();
  await install();
  const server = await startServer();
  const access = await openTable(server.dataDir);
  try {
    const { team_id, api_key } = await access.team("of the plan");
    const keys = [api_key];
    while (keys.length < keyCount) keys.push(await access.key(team_id));
    const seeds = await seed(askOf(apiOf(server.url, api_key)));
    const command = join(environment, "bin/st");
    process.exitCode = await run(
      command,
      ["run", `${server.url}/v1/openapi.json`, "--workers", "1", ...sameness(args), ...args],
      {
        BASE: `${server.url}/v1`,
        API_KEY: api_key,
        API_KEYS: JSON.stringify(keys),
        API_KEY_IDS: JSON.stringify(await Promise.all(keys.map((key) => idOfKey(server.url, key)))),
        SEEDS: JSON.stringify(seeds),
        PREFIXES: JSON.stringify(prefixes),
      },
    );
    // What fails behind an answer, as in a worker, is seen only here.
    const errors = server.lines(({ level }) => level === "error");
    for (const line of errors) say(JSON.stringify(line));
    if (errors.length > 0) process.exitCode ||= 1;
  } finally {
    await access.close();
    await server.stop();
  }
}

async function idOfKey(url: string, key: string): Promise<string> {
  const team = await askOf(apiOf(url, key))("getTeam");
  return (team as { readonly api_key: Made }).api_key.id;
}

/** Without it a run would have a seed of its own, and with it Schemathesis ignores the one it is given. */
const sameness = (args: readonly string[]) =>
  args.some((arg) => /^--seed(=|$)/.test(arg)) ? [] : ["--generation-deterministic"];

const prefixes = Object.fromEntries(
  Object.entries(nouns).map(([noun, { prefix }]) => [noun, prefix]),
);

/** One of each, so that lists are not empty and ids in paths exist; by the prefix of its id. */
async function seed(ask: Ask): Promise<Readonly<Record<string, string>>> {
  const { id: bot_id } = await makeBot(ask);
  // The bot's echo: it answers at once, however its fields are changed.
  const [echo] = (await ask("listIntegrations", { params: { bot_id } })) as readonly [Made];
  const there = { bots: bot_id, integrations: echo.id };
  const made = await oneOfEach(ask, nowhere, there).all();
  // An execution that still runs, so that it can be cancelled.
  const model = { provider: "openai", name: "none", base_url: nowhere };
  const running = await makeExecution(ask, (await makeAgentLoop(ask, { model })).id);
  const ids = [...Object.values(made), running.id];
  return Object.fromEntries(ids.map((id) => [id.slice(0, id.indexOf("_")), id]));
}

/** Makes a virtual environment with exactly what is pinned, unless it is there. */
async function install(): Promise<void> {
  const pinned = join(settings, "requirements.txt");
  const wanted = readFileSync(pinned, "utf8");
  const receipt = join(environment, "installed.txt");
  if (existsSync(receipt) && readFileSync(receipt, "utf8") === wanted) return;
  say("Installing Schemathesis into .emulator/fuzz.");
  const python = join(environment, "bin/python");
  for (const [program, ...args] of [
    ["python3", "-m", "venv", environment],
    [python, "-m", "pip", "install", "--quiet", "--requirement", pinned],
  ] as const) {
    const code = await run(program, args);
    if (code !== 0) throw new Error(`${[program, ...args].join(" ")} ended with ${code}.`);
  }
  writeFileSync(receipt, wanted);
}

async function run(
  program: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<number> {
  const env = { ...process.env, ...variables };
  const child = keep(spawn(program, args, { cwd: settings, stdio: "inherit", env }));
  // Null when a signal ended it.
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
