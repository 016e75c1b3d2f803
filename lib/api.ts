import { loadManifest } from "./manifest.ts";
import type { Ask } from "./one-of-each.ts";

/** An answer of the API. */
export interface ApiAnswer {
  readonly requestId: string;
  // What the routes answer is documented and tested elsewhere; who measures reads ids and cursors.
  readonly data: { readonly id: string } & Readonly<Record<string, unknown>>;
  readonly meta: { readonly total: number; readonly next_cursor: string | null };
}

/** Calls the API with one key; throws the answer when it is an error. */
export type Api = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<ApiAnswer>;

/** The API of a server for one key. */
export const apiOf =
  (url: string, key: string): Api =>
  async (method, path, body, headers) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    const requestId = response.headers.get("x-request-id") ?? "";
    return { requestId, ...(JSON.parse(text) as Omit<ApiAnswer, "requestId">) };
  };

/** The same by operations of the reference, of which it gives the data. */
export const askOf =
  (api: Api): Ask =>
  async (operationId, { params = {}, query = {}, body, headers } = {}) => {
    const { routes } = await loadManifest();
    const found = routes.find(({ route }) => route.operationId === operationId);
    if (!found) throw new Error(`There is no operation ${operationId}.`);
    const { method, path } = found.route;
    const search = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    ).toString();
    const address = filled(path, params) + (search && `?${search}`);
    return (await api(method, address, body, headers)).data;
  };

/** A path with its parameters. */
export const filled = (path: string, params: Readonly<Record<string, string>>) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
