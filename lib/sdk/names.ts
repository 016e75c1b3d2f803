import type { Method, SdkModel } from "./model.ts";
import { pascal, singular } from "./words.ts";

/** How a language writes names. */
export interface Casing {
  /** `agentLoops` */
  readonly resource: (name: string) => string;
  /** `listExecutions` */
  readonly method: (name: string) => string;
  readonly parameter: (name: string) => string;
  /** Words that cannot be names of methods or parameters. */
  readonly reserved: ReadonlySet<string>;
}

/** The type of what a method's query takes: "AgentLoopListExecutionsParams". */
export const paramsName = ({ resource, name }: Pick<Method, "resource" | "name">) =>
  `${pascal(singular(resource))}${pascal(name)}Params`;

/** The class of a resource's methods: "AgentLoopsResource". */
export const resourceClass = (name: string) => `${pascal(name)}Resource`;

/** Writes every name one way: `camel` or `snake`. */
export const casingOf = (write: (name: string) => string, reserved: readonly string[]): Casing => ({
  resource: write,
  method: write,
  parameter: write,
  reserved: new Set(reserved),
});

/**
 * Throws a sentence where two things would have one name in a language, or one a word of the language itself. `own` are
 * the names that its run-time exports, `helpers` the methods that it adds to resources: `channels.ask`.
 */
export function refuseClashes(
  { resources, types, errors }: SdkModel,
  { resource, method, parameter, reserved }: Casing,
  { own, helpers }: { readonly own: readonly string[]; readonly helpers: readonly string[] },
): void {
  const methods = resources.flatMap((one) => one.methods);
  refuseTwins("exported names", [
    ...own,
    ...types.map(({ name }) => name),
    ...errors.map(({ name }) => name),
    ...resources.map(({ name }) => resourceClass(name)),
    ...methods
      .filter(({ query, answer }) => query.length > 0 || answer.kind === "page")
      .map(paramsName),
  ]);
  refuseTwins(
    "resources",
    resources.map(({ name }) => resource(name)),
  );
  refuseTwins("methods", [
    ...methods.map((one) => `${resource(one.resource)}.${method(one.name)}`),
    ...helpers,
  ]);
  for (const { name, params, query, body, operationId } of methods) {
    const given = params.map((one) => parameter(one.name));
    refuseTwins(`parameters of ${operationId}`, given);
    refuseReserved(reserved, [method(name), ...given], operationId);
    const fields = body?.type.kind === "ref" ? fieldsOf(types, body.type.name) : [];
    refuseTwins(`fields of query and body of ${operationId}`, [
      ...query.map((one) => one.name),
      ...fields,
    ]);
  }
}

function fieldsOf(types: SdkModel["types"], name: string): readonly string[] {
  const type = types.find((one) => one.name === name);
  if (type?.kind === "object") return type.fields.map((field) => field.name);
  if (type?.kind !== "variants") return [];
  return [...new Set(type.variants.flatMap((variant) => fieldsOf(types, variant.type)))];
}

function refuseTwins(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new Error(`Two ${what} would be called ${name}: rename one in the document.`);
    }
    seen.add(name);
  }
}

function refuseReserved(
  reserved: ReadonlySet<string>,
  names: readonly string[],
  where: string,
): void {
  const name = names.find((one) => reserved.has(one));
  if (name !== undefined) {
    throw new Error(`${where} has the name ${name}, which is a word of the language.`);
  }
}

/** What the run-times add to resources by hand, in words of the document. */
const helpers = [
  ["channels", "ask"],
  ["agent_loops", "run_and_wait"],
  ["executions", "wait"],
  ["executions", "watch"],
  ["webhooks", "unwrap"],
  ["webhooks", "verify"],
  ["webhooks", "sign"],
] as const;

/** What helpers are called in a language, so that no operation is. */
export const helperNamesOf = ({ resource, method }: Casing): readonly string[] =>
  helpers.map(([of, name]) => `${resource(of)}.${method(name)}`);
