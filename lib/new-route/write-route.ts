import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { describeRoute, NewRouteError } from "./describe-route.ts";
import { routeFiles } from "./route-files.ts";

/**
 * Writes route, handler and test of a new route below a checkout, in its style; gives what is left to do until
 * `npm run check` passes, as lines. The test states what the route promises and fails until the handler is written.
 * Throws a NewRouteError for a noun or verb that it does not know, and when one of the files is there.
 */
export async function writeRoute(root: string, noun: string, verb: string): Promise<string[]> {
  const route = describeRoute(noun, verb);
  const files = await routeFiles(route);
  for (const file of files.keys()) {
    if (existsSync(join(root, file))) {
      throw new NewRouteError(`${file} is there already; nothing was written.`);
    }
  }
  for (const [file, text] of files) {
    const path = join(root, file);
    const style = await resolveConfig(path);
    await mkdir(dirname(path), { recursive: true });
    // Never over a file that came meanwhile.
    await writeFile(path, await format(text, { ...style, filepath: path }), { flag: "wx" });
  }
  return [
    ...[...files.keys()].map((file) => `Wrote ${file}`),
    "",
    `${route.method} ${route.path} runs, and answers 500. Next:`,
    "1. Say in route.ts what goes in and out, and which table calls, queues and keys it needs (grants).",
    "   Its description says more than its summary; objects and enumerations have a v.title.",
    "   Its example must succeed: the prices and the tests over HTTP ask with its body.",
    "2. Say in the test what it does.",
    `3. Write handler.ts until this passes: npm test -- ${route.test}`,
    "4. npm run costs -- --write puts its price into lib/aws/README.md.",
    "5. npm run check",
    "",
    "Only where they are needed:",
    `- It costs more than others of its method: a budget for ${route.operationId} in test/e2e/costs.test.ts.`,
    "- Its path has ids of no noun, or its example needs something else first: ask it in",
    "  lib/costs/every-route.ts and in test/e2e/api.",
    "- Asked so, it does not use every right it is granted: the reason in test/infra/grants-used.test.ts.",
  ];
}
