// The operator's command: says what is wrong with a channel.
import { enableCompileCache } from "node:module";

// Halves the time it takes: the types need to be stripped only once. Hence no static import below, and no TypeScript here.
enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/compiled`);
const { channel } = await import("#lib/operator/channel-command");

await channel(process.argv.slice(2));
