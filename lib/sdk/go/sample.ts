import type { Field, Method, NamedType, SdkModel, TypeRef } from "../model.ts";
import { paramsName } from "../names.ts";
import { textOr, typeText } from "./fields-of.ts";
import { aligned, type Row } from "./lines.ts";
import { constantName } from "./types-of.ts";
import { goName } from "./words-of.ts";

/** One call as a program of its own, with the arguments of the method's example. */
export function sample(model: SdkModel, method: Method): string {
  const { resource, name, params, example, answer, query, body } = method;
  const write = writer(model, 1);
  const asked =
    query.length > 0 || answer.kind === "page"
      ? [write.struct(goName(paramsName(method)), query, example.query, false)]
      : [];
  const given = [
    "context.Background()",
    ...params.map((one) => JSON.stringify(example.params[one.name])),
    ...(body ? [write.value(body.type, example.body ?? {})] : []),
    ...asked,
  ];
  const call = `client.${goName(resource)}.${goName(name)}(${given.join(", ")})`;
  const answered = answer.type.kind === "ref" ? answer.type.name : "answer";
  const what = answered.charAt(0).toLowerCase() + answered.slice(1);
  const failed = (indent: string) => [
    `${indent}if err != nil {`,
    `${indent}\tlog.Fatal(err)`,
    `${indent}}`,
  ];
  const main =
    answer.kind === "page"
      ? [
          `\tfor ${what}, err := range ${call}.All() {`,
          ...failed("\t\t"),
          `\t\tfmt.Println(${what}.RawJSON())`,
          "\t}",
        ]
      : [`\t${what}, err := ${call}`, ...failed("\t"), `\tfmt.Println(${what}.RawJSON())`];
  return [
    "package main",
    "",
    "import (",
    '\t"context"',
    '\t"fmt"',
    '\t"log"',
    ...(call.includes("time.Date(") ? ['\t"time"'] : []),
    "",
    '\t"chatbot-platform/chatbot"',
    ")",
    "",
    "func main() {",
    "\tclient := chatbot.New()",
    ...main,
    "}",
    "",
  ].join("\n");
}

/** Writes values of JSON as Go does, at a depth of tabs. */
function writer({ types }: SdkModel, depth: number) {
  const named = (name: string): NamedType => {
    const type = types.find((one) => one.name === name);
    if (!type) throw new Error(`There is no type ${name}.`);
    return type;
  };
  const inPackage = (text: string) => text.replaceAll(/(?<![\w.])[A-Z]\w*/g, "chatbot.$&");

  function value(type: TypeRef, given: unknown): string {
    switch (type.kind) {
      case "nullable":
        return value(type.of, given);
      case "time": {
        const at = new Date(String(given));
        return `time.Date(${at.getUTCFullYear()}, ${at.getUTCMonth() + 1}, ${at.getUTCDate()}, ${at.getUTCHours()}, ${at.getUTCMinutes()}, ${at.getUTCSeconds()}, ${at.getUTCMilliseconds() * 1e6}, time.UTC)`;
      }
      case "number":
        return Number.isInteger(given) ? `${Number(given)}.0` : String(given);
      case "unknown":
        return anything(given);
      case "list": {
        // Elements of a list say what they are once.
        const items = (given as unknown[]).map((one) =>
          value(type.items, one).replace(/^chatbot\.\w+\{/, "{"),
        );
        return block(
          `[]${inPackage(typeText(type.items))}`,
          items.map((one) => ({ cells: [one] })),
        );
      }
      case "map":
        return block(
          `map[string]${inPackage(typeText(type.values))}`,
          Object.entries(given as object).map(([key, one]) => ({
            cells: [`${JSON.stringify(key)}:`, value(type.values, one)],
          })),
        );
      case "union": {
        const union = textOr(type);
        if (typeof given === "string") return `chatbot.Text(${JSON.stringify(given)})`;
        const items = (given as Record<string, unknown>[]).map((one) =>
          value({ kind: "ref", name: union?.written ?? "" }, one),
        );
        return `chatbot.Parts(${items.map((one) => one.replace(/^[^]*?Value: ([^]*)\}$/, "$1")).join(", ")})`;
      }
      case "ref":
        return reference(named(type.name), given);
      case "string":
      case "integer":
      case "boolean":
      case "enum":
      case "literal":
      case "null":
        return JSON.stringify(given);
    }
  }

  function reference(type: NamedType, given: unknown): string {
    const name = goName(type.name);
    switch (type.kind) {
      case "enum":
        return type.values.includes(String(given))
          ? `chatbot.${constantName(name, String(given))}`
          : `chatbot.${name}(${JSON.stringify(given)})`;
      case "object":
        return struct(name, type.fields, given as object, true);
      case "variants": {
        const kind = (given as Record<string, unknown>)[type.discriminator];
        const variant = type.variants.find((one) => one.value === kind);
        return `chatbot.${name}{Value: ${reference(named(variant?.type ?? ""), given)}}`;
      }
      case "alias": {
        if (type.type.kind !== "union") return value(type.type, given);
        const member = type.type.members.find(
          (one) => one.kind === "ref" && fits(named(one.name), given as object),
        );
        return `chatbot.${name}{Value: ${value(member ?? type.type, given)}}`;
      }
    }
  }

  const fits = (type: NamedType, given: object) =>
    type.kind === "object" &&
    Object.keys(given).every((key) => type.fields.some((field) => field.name === key)) &&
    type.fields.every((field) => !field.required || field.name in given);

  function struct(name: string, fields: readonly Field[], given: object, isBody: boolean): string {
    const rows = Object.entries(given).flatMap(([key, one]): Row[] => {
      const field = fields.find((each) => each.name === key);
      if (!field || field.type.kind === "literal") return [];
      if (field.type.kind === "nullable" && field.type.of.kind === "literal") return [];
      const isOpt = isBody
        ? !field.required || field.type.kind === "nullable"
        : field.type.kind === "boolean";
      const bare = field.type.kind === "nullable" ? field.type.of : field.type;
      const text = value(bare, one);
      const opt =
        one === null ? `chatbot.Null[${inPackage(typeText(bare))}]()` : `chatbot.Value(${text})`;
      return [{ cells: [`${goName(key)}:`, isOpt ? opt : text] }];
    });
    return block(`chatbot.${name}`, rows);
  }

  function anything(given: unknown): string {
    if (given === null) return "nil";
    if (Array.isArray(given)) {
      const items = given.map((one) => ({ cells: [anything(one)] }));
      return block("[]any", items);
    }
    if (typeof given !== "object") return JSON.stringify(given);
    const rows = Object.entries(given).map(([key, one]) => ({
      cells: [`${JSON.stringify(key)}:`, anything(one)],
    }));
    return block("map[string]any", rows);
  }

  /** In one line where that is short. */
  function block(type: string, rows: readonly Row[]): string {
    const short = `${type}{${rows.map(({ cells }) => cells.join(" ")).join(", ")}}`;
    if (short.length <= 70 && !short.includes("\n")) return short;
    const tabs = "\t".repeat(depth);
    const lines: string[] = [];
    let run: Row[] = [];
    const flush = () => {
      lines.push(...aligned(run, `${tabs}\t`));
      run = [];
    };
    for (const { cells } of rows) {
      const row = {
        cells: cells.map((cell, index) =>
          index === cells.length - 1 ? `${indented(cell)},` : cell,
        ),
      };
      // What goes over several lines stands in no column.
      if (row.cells.some((cell) => cell.includes("\n"))) {
        flush();
        lines.push(...aligned([row], `${tabs}\t`));
      } else run.push(row);
    }
    flush();
    return [`${type}{`, ...lines, `${tabs}}`].join("\n");
  }

  const indented = (text: string) => text.replaceAll("\n", "\n\t");
  return { value, struct };
}
