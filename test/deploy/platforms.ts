import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { quietPort } from "#test/support/quiet-port";

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
