// Runs the whole platform on this machine.
import "./begin.js";

const { start } = await import("#lib/local/start-command");

await start(process.argv.slice(2));
