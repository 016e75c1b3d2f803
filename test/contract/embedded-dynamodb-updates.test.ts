import { type AttributeValue, GetItemCommand, type ReturnValue } from "@aws-sdk/client-dynamodb";
import { beforeAll, describe, expect, it } from "@jest/globals";
import {
  type Item,
  N,
  onOtherDynamoDb,
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

describe("an update", () => {
  it.each<[string, AttributeValue | undefined, Item]>([
    ["SET n = n + :v", N("0.5"), { n: N("5.5") }],
    ["SET n = :v - n", N(1), { n: N(-4) }],
    ["SET q = if_not_exists(q, :v) + :v", N(2), { q: N(4) }],
    ["SET q = if_not_exists(n, :v)", N(2), { q: N(5) }],
    ["SET q = s, s = :v", S("new"), { q: S("hello"), s: S("new") }],
    ["SET ns2 = ns REMOVE ns ADD n :v", N(1), { ns2: { NS: ["1", "2"] }, n: N(6) }],
    [
      "SET m.a = :v, m.z = :v",
      S("z"),
      { m: { M: { a: S("z"), b: { M: { c: S("C") } }, z: S("z") } } },
    ],
    [
      "SET l[0] = :v, l[9] = one, l[7] = n",
      S("z"),
      { l: { L: [S("z"), typedItem["l"]!.L![1]!, S("c"), typedItem["l"]!.L![3]!, N(5), N(1)] } },
    ],
    [
      "SET l[9] = :v REMOVE l[0], l[2]",
      S("z"),
      { l: { L: [typedItem["l"]!.L![1]!, typedItem["l"]!.L![3]!, S("z")] } },
    ],
    ["SET q = list_append(:v, l[3])", { L: [N(0)] }, { q: { L: [N(0), N(1), N(2), N(3)] } }],
    ["REMOVE m.b.c, absent, l[9]", undefined, { m: { M: { a: N(1), b: { M: {} } } } }],
    ["ADD n :v", N(5), { n: N(10) }],
    ["ADD q :v", N(5), { q: N(5) }],
    ["ADD m.a :v", N(5), { m: { M: { a: N(6), b: { M: { c: S("C") } } } } }],
    ["ADD q :v", { SS: ["c"] }, { q: { SS: ["c"] } }],
  ])("%p with %p leaves %p", async (expression, value, expected) => {
    await put();
    const { Attributes } = await update(expression, value && { ":v": value }, {
      ReturnValues: "ALL_NEW",
    });
    const removed = expression.includes("REMOVE ns ") ? ["ns"] : [];
    const rest = Object.fromEntries(
      Object.entries(typedItem).filter(([name]) => !removed.includes(name)),
    );
    expect(Attributes).toEqual({ ...rest, ...expected });
  });

  it("adds to sets, takes from sets, and drops a set that is empty", async () => {
    await put();
    const added = await update(
      "ADD ss :v",
      { ":v": { SS: ["b", "c"] } },
      { ReturnValues: "ALL_NEW" },
    );
    expect(new Set(added.Attributes?.["ss"]?.SS)).toEqual(new Set(["a", "b", "c"]));
    await update("DELETE ss :v", { ":v": { SS: ["a", "b", "zz"] } });
    const emptied = await update(
      "DELETE ss :v",
      { ":v": { SS: ["c"] } },
      { ReturnValues: "ALL_NEW" },
    );
    expect(emptied.Attributes).not.toHaveProperty("ss");
    await update("DELETE ss :v", { ":v": { SS: ["c"] } });
  });

  it.each<[string, AttributeValue | undefined, string]>([
    [
      "SET q = q + :v",
      N(1),
      "The provided expression refers to an attribute that does not exist in the item",
    ],
    ["SET n = s + :v", N(1), "An operand in the update expression has an incorrect data type"],
    [
      "SET n = n + :v",
      S("a"),
      "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S",
    ],
    [
      "ADD n :v",
      S("a"),
      "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
    ],
    ["ADD s :v", N(1), "An operand in the update expression has an incorrect data type"],
    [
      "DELETE ss :v",
      { NS: ["1"] },
      "An operand in the update expression has an incorrect data type",
    ],
    [
      "SET q.d = :v",
      N(1),
      "The document path provided in the update expression is invalid for update",
    ],
    [
      "SET m[0] = :v",
      N(1),
      "The document path provided in the update expression is invalid for update",
    ],
    [
      "REMOVE q.q",
      undefined,
      "The document path provided in the update expression is invalid for update",
    ],
    [
      "SET pk = :v",
      S("a"),
      "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
    ],
    [
      "REMOVE sk",
      undefined,
      "One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key",
    ],
    [
      "SET n = :v, n = :v",
      N(1),
      "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]",
    ],
    [
      "SET m = :v REMOVE m.a",
      N(1),
      "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, a]",
    ],
    [
      "SET m.a = :v, m[0] = :v",
      N(1),
      "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, a], path two: [m, [0]]",
    ],
    [
      "SET n = :v SET s = :v",
      N(1),
      'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;',
    ],
    ["SET n = :v,", N(1), 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: ","'],
    [
      "SET status = :v",
      N(1),
      "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status",
    ],
    ["SET n = foo(n, :v)", N(1), "Invalid UpdateExpression: Invalid function name; function: foo"],
    [
      "SET n = size(s) + :v",
      N(1),
      "Invalid UpdateExpression: The function is not allowed in an update expression; function: size",
    ],
  ])("%p is refused and changes nothing", async (expression, value, message) => {
    await put();
    const refused = await refusalOf(update(expression, value && { ":v": value }));
    expect(refused).toMatchObject({ name: "ValidationException", message });
    expect(await table.get(typedKey)).toEqual(typedItem);
  });

  it.each<[ReturnValue, Item | undefined]>([
    ["NONE", undefined],
    ["ALL_OLD", typedItem],
    ["UPDATED_OLD", { n: N(5) }],
    ["UPDATED_NEW", { n: N(6), q: N(1) }],
    ["ALL_NEW", { ...typedItem, n: N(6), q: N(1) }],
  ])("returns with %p what that asks for", async (ReturnValues, expected) => {
    await put();
    const { Attributes } = await update("ADD n :v, q :v", { ":v": N(1) }, { ReturnValues });
    expect(Attributes).toEqual(expected);
  });

  // DynamoDB Local returns the whole attribute here.
  it("returns of nested paths what was touched", async () => {
    await put();
    const { Attributes } = await update(
      "SET m.b.c = :v",
      { ":v": N(1) },
      { ReturnValues: "UPDATED_NEW" },
    );
    const touched = { m: { M: { b: { M: { c: N(1) } } } } };
    const whole = { m: { M: { a: N(1), b: { M: { c: N(1) } } } } };
    expect(Attributes).toEqual(onOtherDynamoDb ? whole : touched);
  });

  it("creates an absent item of its key and what it sets", async () => {
    const fresh = { pk: S("expressions"), sk: S("created") };
    await update("ADD n :v", { ":v": N(1) }, { Key: fresh });
    await update(undefined, undefined, { Key: { ...fresh, sk: S("bare") } });
    const read = async (Key: Item) =>
      (await table.client.send(new GetItemCommand({ TableName: table.name, Key }))).Item;
    expect(await read(fresh)).toEqual({ ...fresh, n: N(1) });
    expect(await read({ ...fresh, sk: S("bare") })).toEqual({ ...fresh, sk: S("bare") });
  });
});

describe("a projection", () => {
  const projected = async (ProjectionExpression: string) =>
    (
      await table.client.send(
        new GetItemCommand({ TableName: table.name, Key: typedKey, ProjectionExpression }),
      )
    ).Item;

  beforeAll(put);

  it.each<[string, Item]>([
    ["n, s", { n: N(5), s: S("hello") }],
    ["l[3][2], l[0], l[3][0]", { l: { L: [S("a"), { L: [N(1), N(3)] }] } }],
    ["m.b.c, l[1].x", { m: { M: { b: { M: { c: S("C") } } } }, l: { L: [{ M: { x: N(1) } }] } }],
    ["absent.a, l[9], s.x", {}],
  ])("%p shows %p", async (expression, expected) => {
    expect(await projected(expression)).toEqual(expected);
  });

  it.each([
    ["pk, name", "Attribute name is a reserved keyword; reserved keyword: name"],
    [
      "n, n.a",
      "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n, a]",
    ],
    ["n,", 'Syntax error; token: "<EOF>", near: ","'],
    ["n[a]", 'Syntax error; token: "a", near: "[a]"'],
  ])("%p is refused", async (expression, message) => {
    expect((await refusalOf(projected(expression))).message).toBe(
      `Invalid ProjectionExpression: ${message}`,
    );
  });
});
