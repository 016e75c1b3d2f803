import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/**
 * The variables that say where platforms such as Telegram stand, which the e2e suite starts there: to the suite, to the
 * local server, and by a file of settings in the folder to the stage that is deployed.
 */
export async function platformVariables(folder: string): Promise<NodeJS.ProcessEnv> {
  const telegram = `http://127.0.0.1:${await quietPort()}`;
  const slack = `http://127.0.0.1:${await quietPort()}/api`;
  const discord = `http://127.0.0.1:${await quietPort()}/api/v10`;
  const whatsapp = `http://127.0.0.1:${await quietPort()}/v25.0`;
  const file = join(folder, "emulator-stage.json");
  writeFileSync(
    file,
    JSON.stringify({ emulator: { platformUrls: { telegram, slack, discord, whatsapp } } }),
  );
  return {
    TELEGRAM_API_URL: telegram,
    SLACK_API_URL: slack,
    DISCORD_API_URL: discord,
    WHATSAPP_API_URL: whatsapp,
    STAGES_FILE: file,
    // Where they are to call the local server.
    PUBLIC_URL: "https://chat.example.com",
  };
}

/** A free port below those that systems give by themselves: it is listened at minutes later. */
async function quietPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer().listen(port, "127.0.0.1");
    // `once` throws when it is taken.
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
