import { describe, expect, it } from "@jest/globals";
import { failedMessages } from "#lib/local/batch-outcome";

const ids = ["m1", "m2", "m3"];

describe("what a function reports about a batch", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["an empty object", {}],
    ["an empty list", { batchItemFailures: [] }],
    ["a null list", { batchItemFailures: null }],
  ])("%s means that all are done", (_, result) => {
    expect(failedMessages(result, ids)).toEqual(new Set());
  });

  it("names the messages that failed, once or twice", () => {
    const result = { batchItemFailures: [{ itemIdentifier: "m2" }, { itemIdentifier: "m2" }] };
    expect(failedMessages(result, ids)).toEqual(new Set(["m2"]));
  });

  it.each([
    ["an id that is not of the batch", { batchItemFailures: [{ itemIdentifier: "m9" }] }],
    ["an empty id", { batchItemFailures: [{ itemIdentifier: "" }] }],
    ["a null id", { batchItemFailures: [{ itemIdentifier: null }] }],
    ["a wrong name of the field", { batchItemFailures: [{ messageId: "m1" }] }],
    ["a list of something else", { batchItemFailures: ["m1"] }],
    ["a list that is none", { batchItemFailures: "m1" }],
    ["text", "ok"],
    ["a list", []],
  ])("%s means that the whole batch failed", (_, result) => {
    expect(failedMessages(result, ids)).toEqual(new Set(ids));
  });
});
