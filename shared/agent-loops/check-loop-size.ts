import { invalid } from "../errors/api-error.ts";
import { type Sealed, sealedBytes } from "../secrets/sealed.ts";
import type { StoredAgentLoop } from "./agent-loop.ts";

/**
 * The most bytes of what a person sets, as JSON. What we add is not measured: it must not keep a loop from being changed.
 * A row has 400 KB.
 */
const mostBytes = 96 * 1024;

/** Refuses a loop that is too large to be kept and copied. Throws a 422. */
export function checkLoopSize({ model, tools, callback, ...rest }: StoredAgentLoop): void {
  const { name, description, status, system_prompt, user_message, schedule } = rest;
  const { api_key, headers, ...plainModel } = model;
  const servers = tools.filter((tool) => tool.type === "mcp");
  const secrets: Readonly<Record<string, Sealed>>[] = [
    api_key ? { api_key } : {},
    headers,
    ...servers.map((server) => server.headers),
    callback?.headers ?? {},
  ];
  const plain = {
    name,
    description,
    status,
    system_prompt,
    user_message,
    schedule,
    model: plainModel,
    tools: tools.map((tool) => ({ ...tool, headers: undefined })),
    callback: callback?.url,
  };
  const bytes = Buffer.byteLength(JSON.stringify(plain)) + sum(secrets.map(bytesOf));
  if (bytes <= mostBytes) return;
  throw invalid("body", "The agent loop is too large. Shorten prompts, headers or tools.");
}

/** What names and values took as they were given: sealed, they take more. */
const bytesOf = (values: Readonly<Record<string, Sealed>>) =>
  sum(Object.entries(values).map(([name, value]) => name.length + sealedBytes(value)));

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
