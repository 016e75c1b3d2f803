import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { beforeAll, describe, expect, it } from "@jest/globals";
import {
  type Item,
  N,
  refusalOf,
  S,
  typedItem,
  typedKey,
  useContractTable,
} from "#test/support/embedded-contract";

const table = useContractTable();

const put = () => table.put(typedItem);

const update = (expression: string | undefined, values?: Item, more?: object) =>
  table.update(typedKey, expression, values, more);

/** True when the condition lets an update through. */
async function holds(ConditionExpression: string, values: Item = {}, more: object = {}) {
  const touched = { ...values, ":touched": S("x") };
  try {
    await update("SET touched = :touched", touched, { ConditionExpression, ...more });
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
    throw error;
  }
}

describe("a condition", () => {
  beforeAll(put);

  it.each<[string, AttributeValue, boolean]>([
    ["s = :v", S("hello"), true],
    ["s = :v", S("hell"), false],
    [":v = s", S("hello"), true],
    ["s <> :v", S("x"), true],
    ["absent = :v", S("x"), false],
    ["absent <> :v", S("x"), true],
    ["absent < :v", N(1), false],
    ["NOT absent = :v", S("x"), true],
    ["n = :v", N("5.0"), true],
    ["n > :v", N(4), true],
    ["n < :v", N("5.00001"), true],
    ["n >= :v", S("4"), false],
    ["n BETWEEN :v AND :v", N(5), true],
    ["s IN (:v, n)", S("hello"), true],
    ["n IN (:v)", S("5"), false],
    ["contains(s, :v)", S("ell"), true],
    ["contains(ss, :v)", S("a"), true],
    ["contains(ns, :v)", N("1.0"), true],
    ["contains(l, :v)", { L: [N(1), N(2), N(3)] }, true],
    ["contains(bin, :v)", { B: Uint8Array.of(2, 3) }, true],
    ["contains(n, :v)", N(5), false],
    ["begins_with(s, :v)", S("he"), true],
    ["begins_with(s, :v)", S("el"), false],
    ["begins_with(bin, :v)", { B: Uint8Array.of(1) }, true],
    ["attribute_type(s, :v)", S("S"), true],
    ["attribute_type(nul, :v)", S("NULL"), true],
    ["attribute_type(s, :v)", S("N"), false],
    ["size(s) = :v", N(5), true],
    ["size(u) = :v", N(5), true],
    ["size(l) = :v", N(4), true],
    ["size(bin) = :v", N(3), true],
    ["size(n) = :v", N(1), false],
    ["ss = :v", { SS: ["b", "a"] }, true],
    ["ns = :v", { NS: ["2", "1.0"] }, true],
    ["l[1] = :v", { M: { y: N(2), x: N("1.0") } }, true],
    ["m.b.c = :v", S("C"), true],
    ["l[3][1] = :v", N(2), true],
    ["bool = :v", { BOOL: true }, true],
    ["attribute_exists(s) AND attribute_not_exists(absent) AND s = :v", S("hello"), true],
    ["NOT attribute_exists(s) OR s = :v", S("hello"), true],
    ["s = :v OR s = :v AND absent = :v", S("hello"), true],
    ["((s = :v) AND (n = n2)) OR s = :v", S("hello"), true],
    ["(s) = (:v)", S("hello"), true],
    ["not s = :v and s = :v", S("hello"), false],
    ["\n s\t=\n:v ", S("hello"), true],
  ])("%p with %p is %p", async (expression, value, expected) => {
    expect(await holds(expression, { ":v": value })).toBe(expected);
  });

  it("hands out the old item when it fails and that was asked for", async () => {
    const check = { ConditionExpression: "n = :v", ReturnValuesOnConditionCheckFailure: "ALL_OLD" };
    const values = { ":v": N(0), ":w": N(1) };
    expect((await refusalOf(update("SET q = :w", values, check))).item).toMatchObject({ n: N(5) });
    const without = await refusalOf(
      update("SET q = :w", values, { ConditionExpression: "n = :v" }),
    );
    expect(without).toMatchObject({
      name: "ConditionalCheckFailedException",
      message: "The conditional request failed",
      item: undefined,
    });
  });

  it.each<[string, AttributeValue, string]>([
    ["status = :v", S("a"), "Attribute name is a reserved keyword; reserved keyword: status"],
    ["x.Name = :v", S("a"), "Attribute name is a reserved keyword; reserved keyword: Name"],
    [
      "#q = :v",
      S("a"),
      "An expression attribute name used in the document path is not defined; attribute name: #q",
    ],
    [
      "s = :w",
      S("a"),
      "An expression attribute value used in expression is not defined; attribute value: :w",
    ],
    ["s == :v", S("a"), 'Syntax error; token: "=", near: "== :v"'],
    ["s = :v AND", S("a"), 'Syntax error; token: "<EOF>", near: "AND"'],
    ["s = 'x'", S("a"), 'Syntax error; token: "\'", near: "= \'x"'],
    ["_x = :v", S("a"), 'Syntax error; token: "_", near: "_x"'],
    ["((s = :v))", S("a"), "The expression has redundant parentheses;"],
    ["foo(s, :v)", S("a"), "Invalid function name; function: foo"],
    [
      "begins_with(s) AND s = :v",
      S("a"),
      "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1",
    ],
    [
      "begins_with(s, :v)",
      N(1),
      "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
    ],
    [
      "s > :v",
      { BOOL: true },
      "Incorrect operand type for operator or function; operator or function: >, operand type: BOOL",
    ],
    [
      "attribute_exists(:v)",
      S("a"),
      "Operator or function requires a document path; operator or function: attribute_exists",
    ],
    [
      "attribute_exists(s) = :v",
      S("a"),
      "The function is not allowed to be used this way in an expression; function: attribute_exists",
    ],
    [
      "size(s) AND s = :v",
      S("a"),
      "The function is not allowed to be used this way in an expression; function: size",
    ],
    [
      "s = s AND s = :v",
      S("a"),
      "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [s]",
    ],
    ["", S("a"), "The expression can not be empty;"],
  ])("%p is refused", async (expression, value, message) => {
    expect(await refusalOf(holds(expression, { ":v": value }))).toMatchObject({
      name: "ValidationException",
      message: `Invalid ConditionExpression: ${message}`,
    });
  });

  it("refuses bounds in the wrong order", async () => {
    const refused = await refusalOf(
      holds("n BETWEEN :low AND :high", { ":low": N(10), ":high": N(9) }),
    );
    expect(refused.message).toContain(
      "The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
    );
  });
});

describe("placeholders", () => {
  it("a placeholder that no expression uses is refused", async () => {
    const values = await refusalOf(holds("s = :v", { ":v": S("a"), ":u": S("b") }));
    expect(values.message).toBe(
      "Value provided in ExpressionAttributeValues unused in expressions: keys: {:u}",
    );
    const names = await refusalOf(
      holds("#s = :v", { ":v": S("a") }, { ExpressionAttributeNames: { "#s": "s", "#u": "u" } }),
    );
    expect(names.message).toBe(
      "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}",
    );
  });

  it("a placeholder without any expression is refused", async () => {
    const refused = await refusalOf(update(undefined, { ":v": S("a") }));
    expect(refused.message).toBe(
      "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null",
    );
  });
});
