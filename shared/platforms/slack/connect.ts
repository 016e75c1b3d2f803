import { wordsIn } from "../../schema/json-fields.ts";
import type { AdapterDeps, ChannelAccess, Connected, Probed, Problem, Setup } from "../adapter.ts";
import { unreadable } from "../call-platform.ts";
import type { Done } from "../failure.ts";
import { callSlack } from "./call-slack.ts";
import { manifestFor, scopes } from "./manifest.ts";

type Access = ChannelAccess<"slack">;

/** Slack has no call that says where messages go: its owner pastes that. */
export const setup = ({ hook_url }: Pick<Access, "hook_url">): Setup => ({
  steps: [
    "Open https://api.slack.com/apps, choose your app, then App Manifest, and replace what is there by this manifest. Put the name of your bot in the two places of Chatbot and save.",
    "If Slack says that the request URL is not verified, click to verify it there.",
    "Under Install App, install the app again, so that all its scopes hold. If the bot token is another now, give it to the channel.",
    "In Slack, invite the bot to each channel where it is to answer: /invite and its name. Direct messages need no invitation.",
  ],
  manifest: manifestFor(hook_url),
});

/** Tells whose token it is, and which rights it lacks. */
export async function probe(deps: AdapterDeps, { credentials }: Access): Promise<Probed> {
  const tested = await callSlack(deps, credentials, "auth.test");
  if (!tested.ok) return tested;
  const { team_id, user_id: id, user } = tested.fields;
  const user_id = wordsIn(id);
  if (user_id === undefined) return unreadable("Slack");
  const username = wordsIn(user) ?? null;
  return {
    ok: true,
    account: {
      id: `${wordsIn(team_id) ?? ""}:${user_id}`,
      user_id,
      username,
      name: username ?? user_id,
    },
    problems: scopeProblems(tested.headers["x-oauth-scopes"]),
  };
}

/** There is nothing to be told to Slack. */
export async function connect(deps: AdapterDeps, channel: Access): Promise<Connected> {
  const probed = await probe(deps, channel);
  return probed.ok ? { ...probed, replaced_url: null } : probed;
}

/** There is nothing of ours at Slack. */
export const disconnect = async (): Promise<Done> => ({ ok: true });

/** Slack tells with each answer what a token may do. */
function scopeProblems(header: string | undefined): readonly Problem[] {
  if (header === undefined) return [];
  const has = new Set(header.split(",").map((scope) => scope.trim()));
  const missing = scopes.filter((scope) => !has.has(scope));
  if (missing.length === 0) return [];
  const message = `The app lacks scopes: ${missing.join(", ")}. Add them under OAuth & Permissions and install the app again.`;
  return [{ code: "missing_scope", message }];
}
