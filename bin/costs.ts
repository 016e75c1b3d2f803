// Counts what every operation uses and prices a million of it.
import { stageOf } from "#lib/aws/stages-file";
import { costs } from "#lib/costs/command";

await costs(process.argv.slice(2), stageOf);
