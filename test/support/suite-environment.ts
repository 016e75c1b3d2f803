import { ModernFakeTimers } from "@jest/fake-timers";
import { ModuleMocker } from "jest-mock";
import { withoutSuites } from "./suite-modules.ts";

type Config = ConstructorParameters<typeof ModernFakeTimers>[0]["config"];

/** Runs suites among the globals of the worker, and puts back what they changed there and in the environment. */
export default class {
  readonly global = globalThis;
  readonly moduleMocker = new ModuleMocker(globalThis);
  readonly fakeTimers = null;
  readonly fakeTimersModern: ModernFakeTimers;
  readonly #globals = Object.getOwnPropertyDescriptors(globalThis);
  readonly #variables = { ...process.env };
  readonly #exit = Object.getOwnPropertyDescriptor(process, "exit") ?? {};

  constructor({ projectConfig }: { readonly projectConfig: Config }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup(): Promise<void> {
    // What else is logged would hide what a suite says.
    process.env["LOG_LEVEL"] ??= "error";
    // It needs no `this`.
    // oxlint-disable-next-line typescript/unbound-method
    Error.prepareStackTrace = withPlainPaths(Error.prepareStackTrace);
  }

  async teardown(): Promise<void> {
    this.fakeTimersModern.dispose();
    Object.defineProperties(globalThis, this.#globals);
    Object.defineProperty(process, "exit", this.#exit);
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, this.#variables);
  }

  exportConditions(): string[] {
    return ["node", "node-addons"];
  }

  getVmContext(): null {
    return null;
  }
}

type Prepare = typeof Error.prepareStackTrace;
const withPlain = new WeakSet<NonNullable<Prepare>>();

/** Names files in stacks as Jest does. */
function withPlainPaths(prepare: Prepare): Prepare {
  if (!prepare || withPlain.has(prepare)) return prepare;
  const plain: Prepare = (error, frames) =>
    withoutSuites(String(prepare(error, frames))).replaceAll("file://", "");
  withPlain.add(plain);
  return plain;
}
