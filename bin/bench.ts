// Measures the platform on this machine and prints tables.
import { bench } from "#lib/bench/command";

await bench(process.argv.slice(2));
