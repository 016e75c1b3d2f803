// Counts what every operation uses and prices a million of it.
import { stageNamed } from "#lib/aws/stages";
import { costs } from "#lib/costs/command";

await costs(stageNamed(process.argv[2] ?? "prod"));
