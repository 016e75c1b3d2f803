import { parseSync } from "@swc/core";

/** One small fault put into one file. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly original: string;
  readonly replacement: string;
  /** The whole file with the fault in it. */
  readonly source: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
}
type Node = { readonly type?: string } & Readonly<Record<string, unknown>>;
type Edit = readonly [Span, string];

const operators = new Map(
  Object.entries({
    "===": "!==",
    "!==": "===",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "&&": "||",
    "||": "&&",
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
  }),
);
const methods = new Map(
  Object.entries({
    min: "max",
    max: "min",
    some: "every",
    every: "some",
  }),
);
/** What `shared/table/condition.ts` makes conditions with. */
const joins = /^(all|either)$/;
const conditions = /^(all|either|exists|missing|equals|below|atMost|above|atLeast|belowAttribute)$/;

/** Every fault that this knows of for a TypeScript file, in the order of its lines. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  // Spans count bytes, from 1.
  const bytes = Buffer.from(source);
  const text = ({ start, end }: Span) => bytes.subarray(start - 1, end - 1).toString();
  const faults = everyNode(parseSync(source, { syntax: "typescript" }))
    .flatMap((node) => edits(node, text))
    .sort(([a], [b]) => a.start - b.start);
  return faults.map(([span, replacement]) => {
    const before = text({ start: 1, end: span.start });
    const after = text({ start: span.end, end: bytes.length + 1 });
    const original = text(span);
    // What goes with an element begins with the comma before it.
    const [lead = ""] = /^[,\s]*/.exec(original) ?? [];
    const line = (before + lead).split("\n").length;
    return {
      file,
      line,
      original: original.trim(),
      replacement,
      source: before + replacement + after,
    };
  });
}

/** All nodes that run; types are skipped. */
function everyNode(value: unknown): readonly Node[] {
  if (Array.isArray(value)) return value.flatMap(everyNode);
  if (!isNode(value)) return [];
  const kind = value.type ?? "";
  if (/^(Import|Export(All|Named))/.test(kind)) return [];
  if (kind.startsWith("Ts")) return everyNode(value["expression"]);
  return [value, ...Object.values(value).flatMap(everyNode)];
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

/** A field that the kind of its node promises. */
const child = (node: Node, field: string) => node[field] as Node;
const list = (node: Node, field: string) => node[field] as readonly Node[];
/** Elements and arguments stand in a wrapper that has no span. */
const inner = (node: Node) =>
  isNode(node["expression"]) && !node["span"] ? child(node, "expression") : node;

/** A property is as long as its key and its value; the parser gives most of them no span of their own. */
function spanOf(node: Node): Span {
  if (node["span"]) return node["span"] as Span;
  if (node.type === "SpreadElement") {
    const { start, end } = spanOf(child(node, "arguments"));
    return { start: start - 3, end };
  }
  if (isNode(node["key"])) {
    return { start: spanOf(child(node, "key")).start, end: spanOf(child(node, "value")).end };
  }
  return spanOf(inner(node));
}

function edits(node: Node, text: (span: Span) => string): readonly Edit[] {
  const instead = (of: Node, replacement: string): Edit => [spanOf(of), replacement];
  switch (node.type ?? "") {
    case "BinaryExpression": {
      const [left, right] = [child(node, "left"), child(node, "right")];
      const operator = String(node["operator"]);
      const between = { start: spanOf(left).end, end: spanOf(right).start };
      if (operator === "??") return [[{ start: between.start, end: spanOf(right).end }, ""]];
      const other = operators.get(operator);
      return other ? [[between, text(between).replace(operator, other)]] : [];
    }
    case "NumericLiteral": {
      const number = Number(node["value"]);
      // Of what is as great as a pause in milliseconds, one more or less is nothing.
      const step = number < 1_000 ? 1 : number / 2;
      return [instead(node, `${number + step}`), instead(node, `(${number - step})`)];
    }
    case "BooleanLiteral":
      return [instead(node, String(node["value"] !== true))];
    case "UnaryExpression":
      return /[!-]/.test(String(node["operator"]))
        ? [instead(node, text(spanOf(child(node, "argument"))))]
        : [];
    case "ConditionalExpression":
      return ["consequent", "alternate"].map((way) =>
        instead(node, `(${text(spanOf(child(node, way)))})`),
      );
    case "IfStatement":
      return ["true", "false"].map((way) => instead(child(node, "test"), way));
    case "ExpressionStatement":
    case "ThrowStatement":
      return [instead(node, ";")];
    case "ArrayExpression":
      return list(node, "elements").length > 1 ? withoutEach(list(node, "elements"), text) : [];
    case "ObjectExpression":
      return withoutEach(list(node, "properties"), text);
    case "CallExpression": {
      const [callee, given] = [child(node, "callee"), list(node, "arguments")];
      const name = String(callee["value"]);
      if (joins.test(name)) return given.length > 1 ? withoutEach(given, text) : [];
      const property = callee.type === "MemberExpression" ? child(callee, "property") : callee;
      const method = methods.get(String(property["value"]));
      return [
        ...(method && property !== callee ? [instead(property, method)] : []),
        ...given.flatMap((one) => {
          const called = inner(one)["callee"];
          const isCondition = isNode(called) && conditions.test(String(called["value"]));
          return isCondition ? [instead(one, "undefined")] : [];
        }),
      ];
    }
    default: {
      const body = node["body"];
      if (!node["params"] || !isNode(body) || body.type !== "FunctionBody") return [];
      const { start } = spanOf(body);
      return [[{ start, end: start + 1 }, "{ return;"]];
    }
  }
}

/** The list without one of its elements and its comma. */
function withoutEach(elements: readonly Node[], text: (span: Span) => string): readonly Edit[] {
  const spans = elements.map(spanOf);
  return spans.map(({ start, end }, index) => {
    const [previous, next] = [spans[index - 1], spans[index + 1]];
    if (next) return [{ start, end: next.start }, ""];
    if (previous) return [{ start: previous.end, end }, ""];
    return [{ start, end: end + (text({ start: end, end: end + 1 }) === "," ? 1 : 0) }, ""];
  });
}
