import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { createComponents } from "#lib/openapi/schemas";
import { text } from "#shared/schema/fields";

const refer = (schema: v.GenericSchema, direction: "input" | "output" = "input") =>
  createComponents([{ schema, direction, name: "Thing", inline: true }]).refer(schema, direction);

describe("converting a schema", () => {
  it("keeps the limits that stand beside a check", () => {
    expect(refer(text(1, 100))).toEqual({ type: "string", minLength: 1, maxLength: 100 });
  });

  it("closes what is strict and leaves open what is not", () => {
    expect(refer(v.strictObject({ a: v.string() }))).toHaveProperty("additionalProperties", false);
    expect(refer(v.object({ a: v.string() }))).not.toHaveProperty("additionalProperties");
  });

  it("gives a literal its type", () => {
    expect(refer(v.literal(true))).toEqual({ type: "boolean", const: true });
    expect(refer(v.literal("a"))).toEqual({ type: "string", const: "a" });
    expect(refer(v.literal(3))).toEqual({ type: "number", const: 3 });
  });

  it("requires fields with a default in answers and not in requests", () => {
    const schema = v.object({ a: v.optional(v.number(), 1), b: v.optional(v.number()) });
    expect(refer(schema, "input")).not.toHaveProperty("required");
    expect(refer(schema, "output")).toHaveProperty("required", ["a"]);
  });

  it("has two types for a scalar that may be null, below one description", () => {
    const name = v.nullable(v.pipe(text(1, 9), v.description("A name.")));
    expect(refer(name)).toEqual({
      type: ["string", "null"],
      minLength: 1,
      maxLength: 9,
      description: "A name.",
    });
    const names = v.nullable(v.pipe(v.array(v.string()), v.description("Names.")));
    expect(refer(names)).toEqual({
      description: "Names.",
      anyOf: [{ type: "array", items: { type: "string" } }, { type: "null" }],
    });
  });

  it("leaves out of answers what they do not promise: bounds, and that nothing is added", () => {
    const schema = v.strictObject({ a: v.pipe(v.array(text(1, 9)), v.maxLength(2)) });
    expect(refer(schema, "output")).toEqual({
      type: "object",
      properties: { a: { type: "array", items: { type: "string" } } },
      required: ["a"],
    });
  });

  it("shows no object as a default, and every other value", () => {
    const withDefaults = v.object({
      a: v.optional(v.object({ b: v.optional(v.number(), 1) }), {}),
      c: v.optional(v.array(v.string()), []),
    });
    const { properties } = refer(withDefaults) as { properties: Record<string, object> };
    expect(properties["a"]).not.toHaveProperty("default");
    expect(properties["a"]).toHaveProperty("properties.b.default", 1);
    expect(properties["c"]).toHaveProperty("default", []);
  });

  it("refuses what it cannot tell", () => {
    expect(() => refer(v.pipe(v.string(), v.trim()))).toThrow(/trim/);
    expect(() => refer(v.date())).toThrow(/date/);
  });
});

describe("naming schemas", () => {
  const Owner = v.pipe(v.object({ name: v.string() }), v.title("Bot owner"));
  const Bot = v.object({ owner: Owner, old_owner: v.nullable(Owner) });

  it("makes a component of what has a title, wherever it occurs", () => {
    const { schemas } = createComponents([{ schema: Bot, direction: "output", name: "Bot" }]);
    expect(Object.keys(schemas)).toEqual(["Bot", "BotOwner"]);
    expect(schemas["Bot"]).toHaveProperty("properties.owner.$ref", "#/components/schemas/BotOwner");
  });

  it("names the options of a variant after it and tells them apart by a discriminator", () => {
    const Part = v.variant("type", [
      v.strictObject({ type: v.literal("text"), text: v.string() }),
      v.strictObject({ type: v.literal("image_url"), url: v.string() }),
    ]);
    const { schemas } = createComponents([{ schema: Part, direction: "input", name: "Part" }]);
    expect(schemas["Part"]).toEqual({
      oneOf: [
        { $ref: "#/components/schemas/PartText" },
        { $ref: "#/components/schemas/PartImageUrl" },
      ],
      discriminator: {
        propertyName: "type",
        mapping: {
          text: "#/components/schemas/PartText",
          image_url: "#/components/schemas/PartImageUrl",
        },
      },
    });
  });

  it("has one component for what is sent and answered alike", () => {
    const components = createComponents([
      { schema: Owner, direction: "input", name: "A" },
      { schema: Owner, direction: "output", name: "B" },
    ]);
    expect(Object.keys(components.schemas)).toEqual(["BotOwner"]);
    expect(components.refer(Owner, "input")).toEqual(components.refer(Owner, "output"));
  });

  it("parts what differs between requests and answers, with everything that holds it", () => {
    const Inner = v.pipe(v.object({ a: v.optional(v.number(), 1) }), v.title("Inner"));
    const Outer = v.pipe(v.object({ inner: Inner }), v.title("Outer"));
    const components = createComponents([
      { schema: Outer, direction: "input", name: "X" },
      { schema: Outer, direction: "output", name: "X" },
    ]);
    expect(Object.keys(components.schemas)).toEqual(["Inner", "InnerInput", "Outer", "OuterInput"]);
    expect(components.refer(Outer, "input")).toEqual({ $ref: "#/components/schemas/OuterInput" });
    expect(components.schemas["OuterInput"]).toHaveProperty(
      "properties.inner.$ref",
      "#/components/schemas/InnerInput",
    );
  });

  it("refers to what has a title also where a use describes it in words of its own", () => {
    const Status = v.pipe(
      v.picklist(["on", "off"]),
      v.title("Status"),
      v.description("On or off."),
    );
    const Lamp = v.object({
      status: v.pipe(Status, v.description("Whether it shines.")),
      before: v.nullable(Status),
    });
    const { schemas } = createComponents([{ schema: Lamp, direction: "output", name: "Lamp" }]);
    const $ref = "#/components/schemas/Status";
    expect(schemas["Lamp"]).toHaveProperty("properties", {
      status: { $ref, description: "Whether it shines." },
      before: { anyOf: [{ $ref }, { type: "null" }] },
    });
    expect(schemas["Status"]).toEqual({
      type: "string",
      enum: ["on", "off"],
      description: "On or off.",
      "x-extensible-enum": ["on", "off"],
    });
  });

  it("does not mark values that are only asked for", () => {
    const Order = v.pipe(v.picklist(["asc", "desc"]), v.title("Order"));
    const { schemas } = createComponents([{ schema: Order, direction: "input", name: "Order" }]);
    expect(schemas["Order"]).not.toHaveProperty("x-extensible-enum");
  });

  it("makes one component of two answers of which one shows more, which may be missing then", () => {
    const fields = { id: v.string() };
    const { schemas } = createComponents([
      { schema: v.object(fields), direction: "output", name: "Bot" },
      { schema: v.object({ ...fields, secret: v.string() }), direction: "output", name: "Bot" },
    ]);
    expect(schemas["Bot"]).toMatchObject({
      properties: { id: { type: "string" }, secret: { type: "string" } },
      required: ["id"],
    });
  });

  it("refuses one name for two shapes", () => {
    expect(() =>
      createComponents([
        { schema: v.object({ a: v.string() }), direction: "output", name: "Bot" },
        { schema: v.object({ b: v.string() }), direction: "output", name: "Bot" },
      ]),
    ).toThrow("Two schemas are called Bot.");
  });
});
