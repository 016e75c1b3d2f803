// The operator's command: lists what does not go on and tries it again.
import { enableCompileCache } from "node:module";

// Halves the time it takes: the types need to be stripped only once. Hence no static import below, and no TypeScript here.
enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/compiled`);
const { work } = await import("#lib/operator/work-command");

await work(process.argv.slice(2));
