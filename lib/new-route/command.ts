import { fileURLToPath } from "node:url";
import { NewRouteError } from "./describe-route.ts";
import { writeRoute } from "./write-route.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Writes a new route for `npm run new:route`; exits with 1 when nothing was written. */
export async function newRoute(args: string[]): Promise<void> {
  const [noun, verb, ...rest] = args;
  try {
    if (noun === undefined || verb === undefined || rest.length > 0) {
      throw new NewRouteError("Give a noun and a verb: npm run new:route -- bots archive");
    }
    process.stdout.write(`${(await writeRoute(root, noun, verb)).join("\n")}\n`);
  } catch (error) {
    if (!(error instanceof NewRouteError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
