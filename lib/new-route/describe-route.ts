import { type Noun, type NounName, nouns } from "#shared/runtime/nouns";

/** All that the files of a new route say about it. */
export interface NewRoute {
  readonly folder: string;
  /** Where its test is: "test/routes/archive-bot.test.ts". */
  readonly test: string;
  /** `archiveBot`. */
  readonly operationId: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly noun: NounName;
  readonly scope: string;
  /** `Archive a bot`. */
  readonly summary: string;
  /** What stands in its path, if anything does: the noun itself or what it is under. */
  readonly parameter: { readonly name: string; readonly noun: NounName } | undefined;
  readonly answers: "one" | "page";
  readonly status: 200 | 201;
}

/** What keeps a route from being written, as a sentence. */
export class NewRouteError extends Error {}

const word = /^[a-z]+(-[a-z]+)*$/;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const kebab = (text: string) => text.toLowerCase().replaceAll(" ", "-");
/** As part of a name in code: "API key" is "ApiKey". */
const camel = (text: string) => text.toLowerCase().split(" ").map(capital).join("");
/** `a bot`, `an agent loop`. */
const withArticle = (text: string) => `${/^[aeiou]/i.test(text) ? "an" : "a"} ${text}`;

/** Whether it is a noun that has routes of its own. */
const hasRoutes = (name: string): name is NounName =>
  Object.hasOwn(nouns, name) && nouns[name as NounName].tag !== undefined;

/** Reads `bots archive`. Throws a NewRouteError that says what may be given. */
export function describeRoute(name: string, verb: string): NewRoute {
  if (!hasRoutes(name)) {
    const known = Object.keys(nouns).filter(hasRoutes).join(", ");
    throw new NewRouteError(
      `There is no noun ${name}. The nouns: ${known}; shared/README.md says how one is added.`,
    );
  }
  if (!word.test(verb)) {
    throw new NewRouteError(`A verb is words of a-z joined by -, such as archive; ${verb} is not.`);
  }
  const noun: Noun = nouns[name];
  const [first = "", ...rest] = verb.split("-");
  const isList = verb === "list";
  const words = isList ? noun.plural : noun.singular;
  const shape = shapeOf(name, verb);
  const access = shape.method === "GET" ? "read" : "write";
  return {
    folder: `${name}/${verb}`,
    test: `test/routes/${[first, kebab(words), ...rest].join("-")}.test.ts`,
    operationId: [first, camel(words), ...rest.map(capital)].join(""),
    noun: name,
    scope: noun.scope === "admin" ? "admin" : `${noun.scope}:${access}`,
    summary: [
      capital(first),
      // `rotate-secret`: what is done to something of it.
      ...(rest.length > 0 ? ["the", ...rest, "of"] : []),
      isList ? words : withArticle(words),
    ].join(" "),
    ...shape,
  };
}

type Shape = Pick<NewRoute, "method" | "path" | "parameter" | "answers" | "status">;

/** The five verbs of every resource have their places; any other is a POST on one of them. */
function shapeOf(noun: NounName, verb: string): Shape {
  const ofOne = {
    path: `/v1/${noun}/{id}`,
    parameter: { name: "id", noun },
    answers: "one",
    status: 200,
  } as const;
  const { under } = nouns[noun];
  const ofAll = under
    ? {
        path: `/v1/${under.noun}/{${under.parameter}}/${noun}`,
        parameter: { name: under.parameter, noun: under.noun },
      }
    : { path: `/v1/${noun}`, parameter: undefined };
  switch (verb) {
    case "list":
      return { method: "GET", ...ofAll, answers: "page", status: 200 };
    case "create":
      return { method: "POST", ...ofAll, answers: "one", status: 201 };
    case "get":
      return { method: "GET", ...ofOne };
    case "update":
      return { method: "PATCH", ...ofOne };
    case "delete":
      return { method: "DELETE", ...ofOne };
    default:
      return { method: "POST", ...ofOne, path: `${ofOne.path}/${verb}` };
  }
}
