import type { SdkModel } from "./model.ts";
import type { Casing } from "./names.ts";
import { sentence } from "./words.ts";

/** `api.md`: every method of a client, with the operation that it calls. */
export function apiPage(
  { resources }: SdkModel,
  { resource, method, parameter }: Casing,
  helpers: readonly string[],
): string {
  const lines = resources.flatMap(({ name, description, methods }) => [
    `## ${resource(name)}`,
    "",
    ...(description === "" ? [] : [description, ""]),
    "| Method | Request | |",
    "| --- | --- | --- |",
    ...methods.map((one) => {
      const given = [
        ...one.params.map((param) => parameter(param.name)),
        ...(one.body || one.query.length > 0 || one.answer.kind === "page" ? ["params"] : []),
      ];
      return `| \`client.${resource(name)}.${method(one.name)}(${given.join(", ")})\` | \`${one.http} ${one.path}\` | ${sentence(one.summary)} |`;
    }),
    ...helpers
      .filter((helper) => helper.startsWith(`${resource(name)}.`))
      .map((helper) => `| \`client.${helper}\` | | See the README. |`),
    "",
  ]);
  return ["# Methods", "", ...lines].join("\n");
}
