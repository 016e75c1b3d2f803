// The operator's command: says what is wrong with a channel.
import "./begin.js";

const { channel } = await import("#lib/operator/channel-command");

await channel(process.argv.slice(2));
