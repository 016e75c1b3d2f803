// Counts what every operation uses and prices a million of it.
import { stageNamed } from "#lib/aws/stages";
import { costs } from "#lib/costs/command";

await costs(process.argv.slice(2), stageNamed);
