import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { started } from "#test/support/local-server";
import { within } from "#test/support/within";
import { begin } from "./command.ts";
import { teamCommand } from "./deployment.ts";
import type { Emulator } from "./emulator.ts";
import { phase } from "./phase.ts";
import { proveApi } from "./prove-api.ts";

/**
 * Proves that the local server makes what it needs in an emulator, passes the e2e suite over it, finds everything again
 * after it was killed, and stops in order.
 */
export async function proveServer(emulator: Emulator): Promise<void> {
  const team = teamCommand(emulator, "--aws");
  const first = await phase("Starts the server", () => startServer(emulator));
  mustSay(
    first,
    "table chatbot-platform-local (made just now), at ",
    "  < Hello! Is anybody there?",
  );
  await proveApi(emulator, { apiUrl: () => first.url, team });

  const teams = await team("list");
  await phase("Kills it and starts it again", async () => {
    first.child.kill("SIGKILL");
    await within(10, first.ended, first.printed);
    const second = await startServer(emulator);
    mustSay(second, "table chatbot-platform-local, at ", "The demo team's API key is in ");
    if ((await team("list")) !== teams) throw new Error("It does not have the same teams.");
    second.child.kill("SIGTERM");
    const [code] = await within(60, second.ended, second.printed);
    if (code !== 0) throw new Error(`It ended with ${code}:\n${second.printed()}`);
  });
}

type Server = Awaited<ReturnType<typeof startServer>>;

/** `npm start -- --aws`, without npm, which hands no signals on; until it has said all it says at the start. */
async function startServer({ env, folder }: Emulator) {
  const child = begin(process.execPath, ["bin/local.js", "--aws"], {
    ...env,
    PORT: "0",
    DATA_DIR: join(folder, "data"),
  });
  let printed = "";
  const log = createWriteStream(join(folder, "server.log"), { flags: "a" });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      log.write(text);
    });
  }
  // The event's arguments come without types.
  const ended = once(child, "close") as Promise<[number | null]>;
  await started(child, { ended, output: () => printed });
  const url = /runs at (http:\S+?),/.exec(printed)?.[1] ?? "";
  return { child, url, ended, printed: () => printed };
}

function mustSay({ printed }: Server, ...parts: readonly string[]): void {
  const missing = parts.filter((part) => !printed().includes(part));
  if (missing.length > 0) throw new Error(`It did not say ${missing.join(" and ")}:\n${printed()}`);
}
