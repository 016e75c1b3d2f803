import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { copyCheckout } from "#test/support/copy-checkout";
import { type LocalServer, startLocalServer } from "#test/support/local-server";

const packages = fileURLToPath(new URL("../../node_modules", import.meta.url));
// npm's own form.
const { devDependencies } = JSON.parse(
  readFileSync(join(dirname(packages), "package.json"), "utf8"),
) as { devDependencies: object };

/** All packages but those that the checkout asks for to make things; what these ask for is there, and nobody's. */
function installWithoutDev(checkout: string): void {
  rmSync(join(checkout, "node_modules"));
  for (const name of readdirSync(packages)) {
    const names = name.startsWith("@")
      ? readdirSync(join(packages, name)).map((one) => `${name}/${one}`)
      : [name];
    for (const one of names.filter((each) => !(each in devDependencies) && each[0] !== ".")) {
      mkdirSync(dirname(join(checkout, "node_modules", one)), { recursive: true });
      symlinkSync(join(packages, one), join(checkout, "node_modules", one));
    }
  }
}

let folder: string;
let server: LocalServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "omit-dev-"));
  const checkout = copyCheckout(join(folder, "checkout"));
  installWithoutDev(checkout);
  const dataDir = join(folder, "data");
  mkdirSync(join(dataDir, "assets"), { recursive: true });
  writeFileSync(join(dataDir, "assets/sdk-typescript.tgz"), "of an earlier installation");
  // Of paths that nothing else has.
  const env = { NODE_COMPILE_CACHE: join(folder, "compiled") };
  server = await startLocalServer({ dataDir, checkout, env });
});
afterAll(async () => {
  // Undefined when it never started.
  await (server as LocalServer | undefined)?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const get = async (path: string) => {
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, text: await response.text() };
};
const whatToDo =
  "because only the packages that the server runs with are installed: run npm ci and start it again.";

describe("npm start after npm ci --omit=dev", () => {
  it("serves the document of the reference and the SDKs that need no compiler", async () => {
    for (const path of ["/v1/openapi.json", "/sdks/go.zip", "/sdks/ruby.gem"]) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
  });

  it("says in the place of the TypeScript SDK what to do", async () => {
    const { status, text } = await get("/sdks/typescript.tgz");
    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({
      error: { code: "not_found", message: `This SDK is missing, ${whatToDo}` },
    });
    expect((await get("/sdks/none.tgz")).text).not.toContain("npm ci");
  });

  it("says on the page of the reference what to do", async () => {
    expect((await get("/docs")).status).toBe(200);
    const { status, text } = await get("/docs/script.js");
    expect(status).toBe(200);
    const said: string[] = [];
    runInNewContext(text, { document: { body: { append: (line: string) => said.push(line) } } });
    expect(said).toEqual([
      `This page is missing, ${whatToDo} The document itself is at v1/openapi.json.`,
    ]);
  });
});
