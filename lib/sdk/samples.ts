import { version } from "#shared/runtime/version";
import type { Manifest } from "../manifest.ts";
import { openApiDocument } from "../openapi/document.ts";
import { languages } from "./languages.ts";
import { type Method, methodsOf, type SdkModel } from "./model.ts";
import { type ApiDocument, readDocument } from "./read-document.ts";

/** The API as it is served, and what SDKs of it are made of. */
export interface ServedApi {
  /** With each operation as programs call it, by `curl` and by every SDK. */
  readonly document: object;
  readonly model: SdkModel;
}

/** Makes both of the routes of this checkout. */
export function servedApi(manifest: Manifest): ServedApi {
  // What the document is made of is typed there; an SDK reads it as what it promises.
  const document = openApiDocument(manifest, { version }) as unknown as ApiDocument;
  const model = readDocument(document);
  const samples = new Map(methodsOf(model).map((one) => [one.operationId, samplesOf(model, one)]));
  const paths = Object.entries(document.paths).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries(operations).map(([http, operation]) => {
        const all = samples.get(operation.operationId);
        return [http, { ...operation, ...(all && { "x-codeSamples": all }) }];
      }),
    ),
  ]);
  const info = { ...document.info, description: `${document.info.description}\n\n${given}` };
  return { document: { ...document, info, paths: Object.fromEntries(paths) }, model };
}

/** Stands behind what the introduction says of SDKs, which is its end. */
const given = `The server gives away SDKs that fit it, whose calls stand beside each operation: ${languages
  .map(({ title, packed }) => `\`/sdks/${packed}\` for ${title}`)
  .join(
    ", ",
  )}. Each has a README, examples and a list of its methods inside. Samples and SDKs read \`CHATBOT_PLATFORM_API_KEY\` and \`CHATBOT_PLATFORM_BASE_URL\`, the address of the server without \`/v1\`.`;

const samplesOf = (model: SdkModel, method: Method) => [
  { lang: "Shell", label: "curl", source: curl(method) },
  ...languages.map((one) => ({
    lang: one.title,
    label: one.title,
    source: one.sample(model, method),
  })),
];

/** One operation as a command line, with the arguments of its example. */
export function curl({ http, path, params, authorized, example }: Method): string {
  const filled = params.reduce(
    (text, { name }) => text.replace(`{${name}}`, encodeURIComponent(example.params[name] ?? name)),
    path,
  );
  const required = Object.entries(example.query).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const search = new URLSearchParams(required).toString();
  const address = `"$CHATBOT_PLATFORM_BASE_URL/v1${filled}${search && `?${search}`}"`;
  const lines = [
    `curl -s ${http === "GET" || (http === "POST" && example.body !== undefined) ? "" : `-X ${http} `}${address}`,
    ...(authorized ? ['-H "Authorization: Bearer $CHATBOT_PLATFORM_API_KEY"'] : []),
    ...(example.body === undefined
      ? []
      : [
          "-H 'Content-Type: application/json'",
          `-d '${JSON.stringify(example.body).replaceAll("'", "'\\''")}'`,
        ]),
  ];
  return `${lines.join(" \\\n  ")}\n`;
}
