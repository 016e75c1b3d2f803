// Lives through stories of the product in simulated time while everything that can go wrong does.
import { simulate } from "#lib/simulation/command";

await simulate(process.argv.slice(2));
