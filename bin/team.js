// The operator's command: makes, lists, changes and deletes teams.
import "./begin.js";

const { team } = await import("#lib/operator/team-command");

await team(process.argv.slice(2));
