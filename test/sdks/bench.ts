import assert from "node:assert/strict";
import { fullName, methodsOf, type SdkModel } from "#lib/sdk/model";
import type { Command, Driver, Outcome } from "./protocol.ts";
import type { StartDriver } from "./proven.ts";
import type { Proxy } from "./proxy.ts";

/** Where an SDK is tried: a platform, and what stands before it. */
export interface Ground {
  readonly model: SdkModel;
  /** Stands before the platform: clients are told of it alone. */
  readonly proxy: Proxy;
  /** Another server, where nothing should ever come. */
  readonly elsewhere: Proxy;
  readonly platform: Platform;
}

/** What every case has: a ground, and an SDK. */
export interface Bench extends Ground {
  readonly driver: Driver;
  /** Another driver of the same SDK, with more in its environment. */
  readonly startDriver: StartDriver;
}

/** A platform that can be killed and started again. */
export interface Platform {
  /** Where it is now, without a slash at the end. */
  url(): string;
  readonly key: string;
  /** Ends it at once, as `kill -9` does. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** What the SDK promises, in the present tense, and how that is seen. */
export interface Case {
  readonly title: string;
  readonly run: (bench: Bench) => Promise<void>;
}

type Told = Omit<Command, "client"> & { readonly client?: Partial<Command["client"]> };

/** Has the SDK do something through the proxy, with the platform's key. */
export const tell = (
  { driver, proxy, platform, model }: Bench,
  { client, ...command }: Told,
): Promise<Outcome> =>
  driver.tell({
    ...(takesParams(model, command.call) && { params: {} }),
    ...command,
    client: { base_url: proxy.urlOfPlan, api_key: platform.key, ...client },
  });

function takesParams(model: SdkModel, call: string): boolean {
  const method = methodsOf(model).find((one) => fullName(one) === call);
  return (
    method !== undefined &&
    (method.body !== undefined || method.query.length > 0 || method.answer.kind === "page")
  );
}

/** The same, where it has to succeed: gives the value. Callers look into it freely; what is not there fails. */
// oxlint-disable-next-line typescript/no-explicit-any
export async function valueOf(bench: Bench, command: Told): Promise<any> {
  const { value, error } = await tell(bench, command);
  assert.equal(error, undefined, `${command.call}: ${JSON.stringify(error)}`);
  return value;
}

/** The same, where it has to fail: gives the error. */
export async function errorOf(bench: Bench, command: Told): Promise<NonNullable<Outcome["error"]>> {
  const { value, error } = await tell(bench, command);
  assert.ok(error, `${command.call} was to fail, and gave ${JSON.stringify(value)}`);
  return error;
}

/** Does something with a driver on a ground. */
export async function withDriver(
  startDriver: StartDriver,
  ground: Ground,
  work: (bench: Bench) => Promise<void>,
): Promise<void> {
  const driver = startDriver();
  try {
    await work({ ...ground, driver, startDriver });
  } finally {
    await driver.close();
  }
}
