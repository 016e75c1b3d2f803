import { describe, expect, it } from "@jest/globals";
import * as valibot from "valibot";
import { useClock } from "#shared/runtime/clock";
import SuiteEnvironment from "#test/support/suite-environment";
import { importIn, newSuite } from "#test/support/suite-modules";

describe("What a suite imports", () => {
  it("is loaded once for all of its files", async () => {
    expect((await import("#shared/runtime/clock")).useClock).toBe(useClock);
  });

  it("is loaded anew for another suite when it is ours, and is the same when it is a package", async () => {
    const suite = newSuite();
    const load = (file: string) => importIn(suite, file) as Promise<Record<string, unknown>>;
    const clock = await load("shared/runtime/clock.ts");
    expect([typeof clock["useClock"], clock["useClock"] === useClock]).toEqual(["function", false]);
    expect(await load("shared/runtime/clock.ts")).toBe(clock);
    const { Scope } = await load("shared/auth/scopes.ts");
    // Each schema of Valibot has what made it.
    expect(Scope).toHaveProperty("reference", valibot.picklist);
  });
});

describe("What a suite changes", () => {
  it("is put back after it: globals, timers, variables", async () => {
    // Its timers are of the globals; the time zone of dates and the like have no part in it.
    const projectConfig = { fakeTimers: {} } as ConstructorParameters<
      typeof SuiteEnvironment
    >[0]["projectConfig"];
    const environment = new SuiteEnvironment({ projectConfig });
    await environment.setup();
    const now = () => [fetch, setTimeout, Date, Reflect.get(process, "exit"), { ...process.env }];
    const before = now();
    environment.fakeTimersModern.useFakeTimers();
    globalThis.fetch = () => Promise.reject(new Error("Not here."));
    process.exit = () => undefined as never;
    process.env["LEFT_BY_A_SUITE"] = "yes";
    delete process.env["PATH"];
    expect(setTimeout).not.toBe(before[1]);
    await environment.teardown();
    expect(now()).toEqual(before);
  });
});
