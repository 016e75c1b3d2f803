import { firstUnits } from "../runtime/first-units.ts";
import { parseExactly } from "../schema/exact-json.ts";
import { entriesOf, type Fields, fieldsOf, isFields, wordsIn } from "../schema/json-fields.ts";
import { isKept } from "./kept-names.ts";
import { plainSchema } from "./plain-schema.ts";

/**
 * A request in other words, when a server has refused it for something that it calls otherwise or that an answer can do
 * without; as it is where `words` name nothing of that. Which server takes what no name of a model tells: deployments and
 * profiles have any, and so have gateways.
 */
export function reworded(body: string, words: string): string {
  const said = firstUnits(words, mostRead);
  const request: unknown = parseExactly(body);
  const isChanged = isFields(request) && changes.some((change) => change(request, said));
  return isChanged ? JSON.stringify(request) : body;
}

const mostRead = 16_384;

/** That something is not taken, rather than wrong or missing. */
const notTaken =
  /unsupported|not (?:be )?(?:supported|permitted|allowed|recognized|accepted)|does(?: not|n't) support|deprecated|unrecognized|unknown|unexpected|extra inputs|only .{1,40}(?:allowed|supported)|\buse .{1,40} instead/i;

/** Each changes a request where it is said to be wrong so, and tells whether it did. */
const changes: readonly ((request: Fields, said: string) => boolean)[] = [
  (request, said) => {
    const [other, older] = ["max_completion_tokens", "max_tokens"] as const;
    if (!said.includes(other) || !notTaken.test(said)) return false;
    return (
      rename(request, older, other) ||
      // Who names both wants the one that was sent.
      (!said.replaceAll(other, "").includes(older) && rename(request, other, older))
    );
  },
  (request, said) => {
    if (!/temperature/i.test(said) || !notTaken.test(said)) return false;
    return [request, fieldsOf(request["inferenceConfig"])].some((holder) =>
      remove(holder, "temperature"),
    );
  },
  (request, said) => {
    if (!notTaken.test(said)) return false;
    const named = new Set(said.match(/\w+/g)?.filter(isKept));
    const holders = ownMessages(request).flatMap((message) => [
      message,
      ...entriesOf(message["tool_calls"])
        .map(fieldsOf)
        .flatMap((call) => [call, fieldsOf(call["function"])]),
    ]);
    return holders
      .map((holder) => [...named].map((name) => remove(holder, name)).includes(true))
      .includes(true);
  },
  (request, said) => {
    if (!said.includes("reasoning_content") || !/passed back|missing|required/i.test(said)) {
      return false;
    }
    const silent = ownMessages(request).filter(
      ({ reasoning_content }) => !wordsIn(reasoning_content),
    );
    // Kimi takes no empty one.
    for (const message of silent) Object.assign(message, { reasoning_content: " " });
    return silent.length > 0;
  },
  (request, said) => {
    if (!/content/i.test(said) || !/null|nil\b|none\b|string/i.test(said)) return false;
    const silent = ownMessages(request).filter(({ content }) => content === null);
    for (const message of silent) Object.assign(message, { content: "" });
    return silent.length > 0;
  },
  (request, said) =>
    /roles must alternate|got system|system (?:role|message|prompt)/i.test(said) &&
    (notTaken.test(said) || /alternate|only user/i.test(said)) &&
    moveSystem(request),
  (request, said) => {
    if (!/schema|function_declarations|function\.parameters|grammar|pattern/i.test(said)) {
      return false;
    }
    const before = JSON.stringify(request);
    for (const { holder, name } of schemasOf(request)) {
      const schema = holder[name];
      if (isFields(schema)) Object.assign(holder, { [name]: plainSchema(schema) });
    }
    return JSON.stringify(request) !== before;
  },
];

/** Puts the system prompt before what the user says first, in the block that both interfaces have for it, or as a text. */
function moveSystem(request: Fields): boolean {
  const messages = entriesOf(request["messages"]).map(fieldsOf);
  const isFirst = messages[0]?.["role"] === "system";
  const prompt = isFirst ? messages.shift()?.["content"] : request["system"];
  const user = fieldsOf(messages[0]);
  if (!prompt || user["role"] !== "user") return false;
  const { content } = user;
  const blocks = typeof prompt === "string" ? [{ type: "text", text: prompt }] : entriesOf(prompt);
  const isText = typeof prompt === "string" && typeof content === "string";
  Object.assign(user, {
    content: isText ? `${prompt}\n\n${content}` : [...blocks, ...entriesOf(content)],
  });
  remove(request, "system");
  Object.assign(request, { messages });
  return true;
}

/** Its tools, each with its schema, where the three interfaces have them. */
const schemasOf = (request: Fields) => [
  ...entriesOf(request["tools"]).flatMap((tool) => {
    const holder = fieldsOf(tool);
    return [
      { holder: fieldsOf(holder["function"]), name: "parameters" },
      { holder, name: "input_schema" },
    ];
  }),
  ...entriesOf(fieldsOf(request["toolConfig"])["tools"]).map((tool) => ({
    holder: fieldsOf(fieldsOf(fieldsOf(tool)["toolSpec"])["inputSchema"]),
    name: "json",
  })),
];

const ownMessages = (request: Fields) =>
  entriesOf(request["messages"])
    .map(fieldsOf)
    .filter(({ role }) => role === "assistant");

const remove = (holder: Fields, name: string) =>
  Object.hasOwn(holder, name) && Reflect.deleteProperty(holder, name);

/** In its place: what was said before is known by it. */
function rename(holder: Fields, from: string, to: string): boolean {
  if (!Object.hasOwn(holder, from)) return false;
  for (const [name, value] of Object.entries(holder)) {
    remove(holder, name);
    Object.assign(holder, { [name === from ? to : name]: value });
  }
  return true;
}
