import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { typescript as language } from "#lib/sdk/typescript/typescript";
import type { Bench } from "./bench.ts";
import { startDriver } from "./protocol.ts";
import type { Mutant, Places, Proven, StartDriver } from "./proven.ts";

const run = promisify(execFile);
const driver = join(import.meta.dirname, "driver.ts");

const driverOf =
  (entry: string): StartDriver =>
  (env) =>
    startDriver(process.execPath, [driver, pathToFileURL(entry).href], env);

const installed = ({ work }: Places) => join(work, "node_modules/@chatbot-platform/sdk");

export const typescript: Proven = {
  language,
  needs: [],
  install: async (places) => {
    // As npm unpacks it.
    await mkdir(installed(places), { recursive: true });
    await run("tar", ["-xzf", places.packed, "-C", installed(places), "--strip-components=1"]);
    await writeFile(
      join(places.work, "package.json"),
      JSON.stringify({ type: "module", private: true }),
    );
    return driverOf(join(installed(places), "dist/index.js"));
  },
  installMutant: async (places, file, text) => {
    const folder = join(places.work, "mutant");
    await rm(folder, { recursive: true, force: true });
    await cp(join(installed(places), "dist"), folder, { recursive: true });
    const name = file.replace(/^src\//, "").replace(/\.ts$/, ".js");
    await writeFile(join(folder, name), stripTypeScriptTypes(text));
    return driverOf(join(folder, "index.js"));
  },
  checkDocumentation: async () => {},
  mutants: [],
};
void [readFile, readdir] as unknown as Bench | Mutant;
