import { expect } from "@jest/globals";
import type { TestAnswer } from "./test-platform.ts";

declare module "expect" {
  interface Matchers<R extends void | Promise<void>> {
    /** Whether an answer is a refusal with this status and this code of the catalogue. */
    toBeRefused(status: number, code: string): R;
  }
}

expect.extend({
  toBeRefused(answer, status: number, code: string) {
    // Tests give it answers of routes; one of them may have no body that could be read.
    const { status: given, body } = answer as Pick<TestAnswer, "status" | "body">;
    const { printExpected, printReceived } = this.utils;
    return {
      pass: given === status && body?.error?.code === code,
      message: () =>
        `Expected ${this.isNot ? "anything but " : ""}a refusal with ${printExpected(status)} ${printExpected(code)}.\n` +
        `Received ${printReceived(given)} with ${printReceived(body)}.`,
    };
  },
});
