// The operator's command: makes, lists, changes and deletes teams.
import { team } from "#lib/local/team-command";

await team(process.argv.slice(2));
