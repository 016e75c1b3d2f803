// Writes the files of a new route: npm run new:route -- bots archive
import { newRoute } from "#lib/new-route/command";

await newRoute(process.argv.slice(2));
