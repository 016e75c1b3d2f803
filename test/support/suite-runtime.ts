import { createRequire } from "node:module";
import jestRuntime from "jest-runtime";
import { importIn, newSuite } from "./suite-modules.ts";

// Its types are of a module of ES that Node would wrap.
const Runtime = jestRuntime as unknown as typeof jestRuntime.default;
const require = createRequire(import.meta.url);

/**
 * Has Node itself load what a suite imports, in place of Jest's loader in a context of its own: so packages, most of
 * what is loaded, are read and compiled once in a worker, and run as fast as they do in production. What this checkout
 * has is loaded anew for each suite, with nothing in its memory.
 */
export default class extends Runtime {
  readonly #suite = newSuite();

  override unstable_shouldLoadAsEsm(): boolean {
    return true;
  }

  override async unstable_importModule(path: string): Promise<unknown> {
    Object.assign(globalThis, this.requireModuleOrMock(path, "@jest/globals"));
    return importIn(this.#suite, path);
  }

  /** Loads the framework of tests, which keeps those of one suite. */
  override requireInternalModule<T>(path: string): T {
    delete require.cache[path];
    Reflect.deleteProperty(globalThis, Symbol.for("EVENT_HANDLERS"));
    // What Jest asks for, Jest knows.
    return require(path) as T;
  }

  override isolateModulesAsync(): Promise<void> {
    throw new Error("Modules are loaded anew by importIn of test/support/suite-modules.ts.");
  }
}
