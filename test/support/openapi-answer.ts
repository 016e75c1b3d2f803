import { loadManifest } from "#lib/manifest";
import { openApiDocument } from "#lib/openapi/document";
import { type Json, problemsOf, resolve } from "./json-schema.ts";
import { onceInWorker } from "./suite-kept.ts";

/** The document of this checkout, made once. */
export const theDocument = (): Promise<Json> =>
  onceInWorker("document", () =>
    loadManifest().then((manifest) => openApiDocument(manifest, { version: "test" })),
  );

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Parsed JSON. */
  readonly body: unknown;
}

/** Says what in an answer the document does not promise: its status, its headers, its body. */
export async function problemsOfAnswer(operationId: string, answer: Answer): Promise<string[]> {
  const described = await theDocument();
  const operation = operationsOf(described).find((one) => one["operationId"] === operationId);
  if (!operation) return [`There is no operation ${operationId}.`];
  const responses = operation["responses"] as Json;
  const given = responses[String(answer.status)] as Json | undefined;
  if (!given) return [`${operationId} does not say that it answers ${answer.status}.`];
  const response = "$ref" in given ? resolve(described, String(given["$ref"])) : given;
  const content = response["content"] as Readonly<Record<string, Json>>;
  const known = Object.keys(response["headers"] as Json).map((name) => name.toLowerCase());
  const ours = Object.keys(answer.headers).filter((name) =>
    /^x-|^retry-after$|^location$|^idempotent-replayed$/.test(name),
  );
  return [
    ...ours
      .filter((name) => !known.includes(name))
      .map((name) => `${operationId} does not say that it answers with the header ${name}.`),
    // A text is not parsed, and needs no schema.
    ...("text/plain" in content && answer.body === undefined
      ? []
      : problemsOf(described, content["application/json"]?.["schema"], answer.body)),
  ];
}

/** Every operation of a document. */
export const operationsOf = (document: Json): readonly Json[] =>
  Object.values(document["paths"] as Readonly<Record<string, Json>>).flatMap(
    (path) => Object.values(path) as Json[],
  );
