// Runs the whole platform on this machine.
import { enableCompileCache } from "node:module";

// Halves the time to start: the types need to be stripped only once. Hence no static import below, and no TypeScript here.
enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/compiled`);
const { start } = await import("#lib/local/start-command");

await start(process.argv.slice(2));
