/** An answer of the API. */
export interface ApiAnswer {
  readonly requestId: string;
  // What the routes answer is documented and tested elsewhere; the bench reads ids and cursors.
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
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    const requestId = response.headers.get("x-request-id") ?? "";
    return { requestId, ...(JSON.parse(text) as Omit<ApiAnswer, "requestId">) };
  };

/** A bot with one web channel whose messages a webhook backend answers. */
export async function webhookBot(
  api: Api,
  backendUrl: string,
): Promise<{ botId: string; channelId: string }> {
  const { data: bot } = await api("POST", "/v1/bots", { name: "Bench" });
  const { data: integrations } = await api("GET", `/v1/bots/${bot.id}/integrations`);
  for (const { id } of integrations as unknown as { id: string }[]) {
    await api("DELETE", `/v1/integrations/${id}`);
  }
  await api("POST", `/v1/bots/${bot.id}/integrations`, { name: "Backend", url: backendUrl });
  const { data: channel } = await api("POST", `/v1/bots/${bot.id}/channels`, { type: "web" });
  return { botId: bot.id, channelId: channel.id };
}
