// Measures the platform on this machine and prints tables.
import { stageNamed } from "#lib/aws/stages";
import { bench } from "#lib/bench/command";

await bench(process.argv.slice(2), stageNamed("prod"));
