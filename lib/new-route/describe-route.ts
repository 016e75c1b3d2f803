import { type Noun, nouns } from "./nouns.ts";

/** All that the files of a new route say about it. */
export interface NewRoute {
  readonly folder: string;
  /** `archiveBot`. */
  readonly operationId: string;
  /** `archive-bot`, as its test is called. */
  readonly fileName: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly noun: Noun;
  readonly scope: string;
  /** `Archive a bot`. */
  readonly summary: string;
  /** What stands in its path, if anything does: the noun itself or what it is under. */
  readonly parameter: { readonly name: string; readonly noun: Noun } | undefined;
  readonly answers: "one" | "page";
  readonly status: 200 | 201;
}

/** What keeps a route from being written, as a sentence. */
export class NewRouteError extends Error {}

const word = /^[a-z]+(-[a-z]+)*$/;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const kebab = (text: string) => text.toLowerCase().replaceAll(" ", "-");

/** `a bot`, `an agent loop`. */
export const withArticle = (text: string) => `${/^[aeiou]/i.test(text) ? "an" : "a"} ${text}`;
/** As part of a name in code: "API key" is "ApiKey". */
export const camel = (text: string) => text.toLowerCase().split(" ").map(capital).join("");

/** Reads `bots archive`. Throws a NewRouteError that says what may be given. */
export function describeRoute(folderOfNoun: string, verb: string): NewRoute {
  const noun = Object.hasOwn(nouns, folderOfNoun) ? nouns[folderOfNoun] : undefined;
  if (!noun) {
    const known = Object.keys(nouns).join(", ");
    throw new NewRouteError(
      `There is no noun ${folderOfNoun}. The nouns: ${known}; others are added in lib/new-route/nouns.ts.`,
    );
  }
  if (!word.test(verb)) {
    throw new NewRouteError(`A verb is words of a-z joined by -, such as archive; ${verb} is not.`);
  }
  const [first = "", ...rest] = verb.split("-");
  const isList = verb === "list";
  const name = isList ? noun.plural : noun.singular;
  const shape = shapeOf(noun, verb);
  const access = shape.method === "GET" ? "read" : "write";
  return {
    folder: `${folderOfNoun}/${verb}`,
    operationId: [first, camel(name), ...rest.map(capital)].join(""),
    fileName: [first, kebab(name), ...rest].join("-"),
    noun,
    scope: noun.scope === "admin" ? "admin" : `${noun.scope}:${access}`,
    summary: [
      capital(first),
      // `rotate-secret`: what is done to something of it.
      ...(rest.length > 0 ? ["the", ...rest, "of"] : []),
      isList ? name : withArticle(name),
    ].join(" "),
    ...shape,
  };
}

type Shape = Pick<NewRoute, "method" | "path" | "parameter" | "answers" | "status">;

/** The five verbs of every resource have their places; any other is a POST on one of them. */
function shapeOf(noun: Noun, verb: string): Shape {
  const ofOne = {
    path: `${noun.path}/{id}`,
    parameter: { name: "id", noun },
    answers: "one",
    status: 200,
  } as const;
  const { under } = noun;
  const parent = under && nouns[under.noun];
  const ofAll = {
    path: under ? under.path + noun.path.slice("/v1".length) : noun.path,
    parameter: under && parent ? { name: under.parameter, noun: parent } : undefined,
  };
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
