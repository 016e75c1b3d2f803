import { readFileSync, writeFileSync } from "node:fs";
import { createMint } from "#shared/runtime/mint";
import { liveTable } from "#shared/table/live-table";
import { createTeam } from "#shared/teams/create-team";
import { createTeamStore } from "#shared/teams/team-store";
import { apiOf, askOf } from "../api.ts";
import { makeConversation, makeWebBot } from "../one-of-each.ts";

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
  const ask = askOf(apiOf(url, demo.api_key));
  const { bot_id, channel_id } = await makeWebBot(ask, { name: "Demo bot" });
  const { reply } = await makeConversation(ask, channel_id, {
    user: "visitor",
    content: hello,
    wait: 10,
  });
  writeDemo(file, { ...demo, bot_id, channel_id });
  return {
    file,
    talk: { message: hello, reply: reply?.content },
    curl: curlFor(file, url, channel_id),
  };
}

/** Reads the key from its file, so that it stands in no terminal's history. */
function curlFor(file: string, url: string, channelId: string): string {
  return [
    `curl '${url}/v1/channels/${channelId}/messages?wait=10'`,
    `-H "Authorization: Bearer $(sed -n 's/.*"api_key": "\\(.*\\)".*/\\1/p' '${file}')"`,
    `-H 'Content-Type: application/json'`,
    `-d '{"user": {"id": "visitor"}, "content": "How are you?"}'`,
  ].join(" \\\n    ");
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
