import { describe, expect, it } from "@jest/globals";
import {
  above,
  all,
  atLeast,
  atMost,
  below,
  belowAttribute,
  changes,
  type Condition,
  either,
  equals,
  exists,
  missing,
} from "#shared/table/condition";
import { conditionExpression, Placeholders, updateExpression } from "#shared/table/expression";

/** An expression with its placeholders put back in, so that a test reads as what is meant. */
function written(make: (use: Placeholders) => string | undefined): string | undefined {
  const use = new Placeholders();
  const expression = make(use);
  return expression
    ?.replace(/#\d+/g, (alias) => String(use.names[alias]))
    .replace(/:\d+/g, (alias) => JSON.stringify(use.values[alias]));
}

describe("A condition", () => {
  it.each<[Condition, string]>([
    [exists("pk"), "attribute_exists(pk)"],
    [missing("erasing"), "attribute_not_exists(erasing)"],
    [equals("n", 1), "n = 1"],
    [below("n", 1), "n < 1"],
    [atMost("n", 1), "n <= 1"],
    [above("n", 1), "n > 1"],
    [atLeast("n", 1), "n >= 1"],
    [belowAttribute("window_count", "rate_limit"), "window_count < rate_limit"],
    [all(exists("a"), equals("b", "x")), '(attribute_exists(a)) AND (b = "x")'],
    [either(missing("a"), below("a", 2)), "(attribute_not_exists(a)) OR (a < 2)"],
    [
      all(exists("a"), either(missing("b"), above("b", 2))),
      "(attribute_exists(a)) AND ((attribute_not_exists(b)) OR (b > 2))",
    ],
    [all(exists("a")), "attribute_exists(a)"],
    [either(all(equals("a", 1))), "a = 1"],
  ])("is written as DynamoDB reads it: %#", (condition, expression) => {
    expect(written((use) => conditionExpression(condition, use))).toBe(expression);
  });
});

describe("A change", () => {
  it("sets, sets what is missing, adds and removes in one expression", () => {
    const change = {
      set: { status: "sent", gone: undefined, empty: null },
      setIfMissing: { due_at: 5 },
      add: { n: -1 },
      remove: ["lease_token", "send_at"],
    };
    expect(written((use) => updateExpression(change, use))).toBe(
      'SET status = "sent", empty = null, due_at = if_not_exists(due_at, 5) ADD n -1 REMOVE lease_token, send_at',
    );
  });

  it.each([
    [{ remove: ["a"] }, "REMOVE a"],
    [{ add: { a: 1 } }, "ADD a 1"],
    [{ set: { a: 0 } }, "SET a = 0"],
  ])("may be of one kind: %j", (change, expression) => {
    expect(written((use) => updateExpression(change, use))).toBe(expression);
  });

  it.each([[{}], [{ set: {} }], [{ set: { a: undefined } }], [{ remove: [] }]])(
    "has no expression when it changes nothing: %j",
    (change) => {
      expect(updateExpression(change, new Placeholders())).toBeUndefined();
    },
  );

  it("is one expression when it has several parts", () => {
    const change = changes({ set: { a: 1 }, remove: ["x"] }, { add: { n: 1 } }, { remove: ["y"] });
    expect(change).toEqual({ set: { a: 1 }, setIfMissing: {}, add: { n: 1 }, remove: ["x", "y"] });
  });
});

describe("Placeholders", () => {
  it("alias each name once and each value apart, within one call", () => {
    const use = new Placeholders();
    const condition = conditionExpression(equals("status", "a"), use);
    const update = updateExpression({ set: { status: "b", name: "c" } }, use);
    expect([condition, update]).toEqual(["#0 = :0", "SET #0 = :1, #1 = :2"]);
    expect(use.fields()).toEqual({
      ExpressionAttributeNames: { "#0": "status", "#1": "name" },
      ExpressionAttributeValues: { ":0": { S: "a" }, ":1": { S: "b" }, ":2": { S: "c" } },
    });
  });

  it("are not sent when there are none: DynamoDB refuses empty ones", () => {
    const use = new Placeholders();
    expect(use.fields()).toEqual({});
    use.name("pk");
    expect(use.fields()).toEqual({ ExpressionAttributeNames: { "#0": "pk" } });
  });
});
