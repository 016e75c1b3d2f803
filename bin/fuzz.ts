// Sends to a server of its own what Schemathesis makes of the API's document.
import { fuzz } from "#lib/fuzz/command";

await fuzz(process.argv.slice(2));
