// Runs the whole platform on this machine.
import { start } from "#lib/local/start-command";

await start(process.argv.slice(2));
