// The operator's command: lists what does not go on and tries it again.
import "./begin.js";

const { work } = await import("#lib/operator/work-command");

await work(process.argv.slice(2));
