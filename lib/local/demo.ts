import { readFileSync, writeFileSync } from "node:fs";
import { createMint } from "#shared/runtime/mint";
import { liveTable } from "#shared/table/live-table";
import { createTeam } from "#shared/teams/create-team";
import { createTeamStore } from "#shared/teams/team-store";

/** What `demo.json` holds. */
interface DemoFile {
  readonly team_id: string;
  readonly api_key: string;
  readonly bot_id?: string;
  readonly channel_id?: string;
}

/** What became of the demo at this start. */
export interface Demo {
  /** The file with the API key. */
  readonly file: string;
  /** What was said and answered, when the demo was made just now. */
  readonly talk: { readonly message: string; readonly reply: string | undefined } | undefined;
  /** A line for a shell that sends another message. */
  readonly curl: string;
}

const hello = "Hello! Is anybody there?";

/**
 * Makes a demo team with a bot and a web channel when there is no team at all, and talks to the bot once over HTTP.
 * Goes on with one that an earlier start began. Undefined when there are teams and none of them is the demo's.
 */
export async function prepareDemo(file: string, url: string): Promise<Demo | undefined> {
  const teams = createTeamStore(liveTable());
  const [known, begun] = [await teams.list(), readDemo(file)];
  let demo = begun && known.some(({ id }) => id === begun.team_id) ? begun : undefined;
  if (!demo && known.length > 0) return undefined;
  if (demo?.channel_id) return { file, talk: undefined, curl: curlFor(file, url, demo.channel_id) };

  if (!demo) {
    const input = { name: "Demo", plan: "enterprise" as const };
    demo = await createTeam({ teams }, input, createMint(Date.now()));
    writeDemo(file, demo);
  }
  const { api_key } = demo;
  const bot = await post(`${url}/v1/bots`, api_key, { name: "Demo bot" });
  const bot_id = String(bot["id"]);
  const channel = await post(`${url}/v1/bots/${bot_id}/channels`, api_key, { type: "web" });
  const channel_id = String(channel["id"]);
  const path = `${url}/v1/channels/${channel_id}/messages?wait=10`;
  const { reply } = await post(path, api_key, { user: { id: "visitor" }, content: hello });
  writeDemo(file, { ...demo, bot_id, channel_id });
  return {
    file,
    talk: { message: hello, reply: contentOf(reply) },
    curl: curlFor(file, url, channel_id),
  };
}

const contentOf = (message: unknown): string | undefined =>
  typeof message === "object" && message !== null && "content" in message
    ? String(message.content)
    : undefined;

/** Reads the key from its file, so that it stands in no terminal's history. */
function curlFor(file: string, url: string, channelId: string): string {
  return [
    `curl '${url}/v1/channels/${channelId}/messages?wait=10'`,
    `-H "Authorization: Bearer $(sed -n 's/.*"api_key": "\\(.*\\)".*/\\1/p' '${file}')"`,
    `-H 'Content-Type: application/json'`,
    `-d '{"user": {"id": "visitor"}, "content": "How are you?"}'`,
  ].join(" \\\n    ");
}

async function post(url: string, key: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${answer}`);
  // The API's own envelope, checked against its document by the tests of the routes.
  return (JSON.parse(answer) as { data: Record<string, unknown> }).data;
}

function readDemo(file: string): DemoFile | undefined {
  try {
    // Written below by an earlier start; one that cannot be read counts as none.
    return JSON.parse(readFileSync(file, "utf8")) as DemoFile;
  } catch {
    return undefined;
  }
}

function writeDemo(file: string, demo: DemoFile): void {
  writeFileSync(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
}
