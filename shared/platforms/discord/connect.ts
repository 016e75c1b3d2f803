import { fieldsOf, textIn, wordsIn } from "../../schema/json-fields.ts";
import type {
  Account,
  AdapterDeps,
  ChannelAccess,
  Connected,
  Probed,
  Problem,
  Setup,
} from "../adapter.ts";
import { shownWords } from "../call-platform.ts";
import { deadCredential, type Done, type Refusal } from "../failure.ts";
import { callDiscord } from "./call-discord.ts";
import { askCommand, oursIn } from "./command.ts";
import { isKey } from "./verify.ts";

type Access = ChannelAccess<"discord">;

/** View Channel (1 << 10), Send Messages (1 << 11), Attach Files (1 << 15) and Send Messages in Threads (1 << 38). */
const permissions = "274877942784";

/** Who adds an app to a server has to be asked there; for the rest Discord has calls. */
export function setup({ account }: { readonly account?: Account | null }): Setup {
  const link = `https://discord.com/oauth2/authorize?client_id=${account?.id ?? "APPLICATION_ID"}`;
  return {
    steps: [
      `Open ${link}&scope=bot+applications.commands&permissions=${permissions} and choose the server that the bot is to answer in.`,
      `For chats of your own, turn on User Install under Installation at https://discord.com/developers/applications, then open ${link}&integration_type=1&scope=applications.commands too.`,
      "In Discord, type /ask and a message. Where the command is not listed, load Discord anew.",
    ],
  };
}

/** Tells whose token it is, and what keeps commands away. */
export async function probe(deps: AdapterDeps, channel: Access): Promise<Probed> {
  const read = await readApplication(deps, channel);
  if (!read.ok) return read;
  const listed = await call(deps, channel, "GET", commandsOf(channel));
  if (!listed.ok) return listed;
  const { account, endpoint } = read;
  const problems = [...endpointProblems(endpoint, channel)];
  if (oursIn(listed.json).length === 0) problems.push(commandMissing);
  return { ok: true, account, problems };
}

/** Has Discord send what is typed to our hook, which it calls at once, and makes `/ask` or renews it. */
export async function connect(deps: AdapterDeps, channel: Access): Promise<Connected> {
  const read = await readApplication(deps, channel);
  if (!read.ok) return read;
  const { account, endpoint } = read;
  const { hook_url } = channel;
  const set = await call(deps, channel, "PATCH", ourApplication, endpointAt(hook_url));
  // What it does not take is our own address, which cannot be called from outside.
  if (!set.ok) return set.class === "refused" ? { ...set, class: "configuration" } : set;
  // By its name: to set all commands would delete those of others.
  const made = await call(deps, channel, "POST", commandsOf(channel), askCommand);
  if (!made.ok) return made;
  const replaced_url =
    endpoint === undefined || endpoint === hook_url ? null : shownUrl(endpoint, channel);
  return { ok: true, account, problems: [], replaced_url };
}

/** Takes back the command, and then our address, which tells as long as it is ours that there is something to take back. */
export async function disconnect(deps: AdapterDeps, channel: Access): Promise<Done> {
  const read = await readApplication(deps, channel);
  if (!read.ok) return read;
  if (read.endpoint !== channel.hook_url) return { ok: true };
  const commands = commandsOf(channel);
  const listed = await call(deps, channel, "GET", commands);
  if (!listed.ok) return listed;
  for (const { id } of oursIn(listed.json)) {
    const path = `${commands}/${encodeURIComponent(String(id))}`;
    const deleted = await call(deps, channel, "DELETE", path);
    if (!deleted.ok && deleted.code !== unknownCommand) return deleted;
  }
  const set = await call(deps, channel, "PATCH", ourApplication, endpointAt(null));
  return set.ok ? { ok: true } : set;
}

const unknownCommand = "10063";
const ourApplication = "/applications/@me";
const commandsOf = ({ credentials }: Access) =>
  `/applications/${credentials.application_id}/commands`;
const endpointAt = (url: string | null) => ({ interactions_endpoint_url: url });

const call = (
  deps: AdapterDeps,
  { credentials }: Access,
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  json?: object,
) => callDiscord(deps, credentials, { method, path, json });

async function readApplication(
  deps: AdapterDeps,
  channel: Access,
): Promise<{ ok: true; account: Account; endpoint: string | undefined } | Refusal> {
  const { application_id, public_key } = channel.credentials;
  if (!/^\d{1,20}$/.test(application_id)) return wrong("application_id", "is a number");
  if (!isKey(public_key)) return wrong("public_key", "has 64 hexadecimal digits");
  const me = await call(deps, channel, "GET", ourApplication);
  if (!me.ok) return me;
  const { id, verify_key, name, bot, interactions_endpoint_url } = me.fields;
  if (id !== application_id) return wrong("application_id", "is not that of the bot's token");
  if (textIn(verify_key)?.toLowerCase() !== public_key.toLowerCase()) {
    return wrong("public_key", "is not that of this application");
  }
  const { id: user_id, username } = fieldsOf(bot);
  const account: Account = {
    id: application_id,
    user_id: wordsIn(user_id) ?? application_id,
    username: wordsIn(username) ?? null,
    name: wordsIn(name) ?? application_id,
  };
  return { ok: true, account, endpoint: wordsIn(interactions_endpoint_url) };
}

const wrong = (field: "application_id" | "public_key", why: string): Refusal =>
  deadCredential(
    field,
    `wrong_${field}`,
    `The ${field.replace("_", " ")} ${why}. Copy it from General Information in the developer portal.`,
  );

function endpointProblems(endpoint: string | undefined, channel: Access): readonly Problem[] {
  if (endpoint === channel.hook_url) return [];
  const isMissing = endpoint === undefined;
  const message = isMissing
    ? "The application has no interactions endpoint. Connect the channel again."
    : `Discord sends the commands to ${shownUrl(endpoint, channel)}, which was set later. Connect the channel again to take them back.`;
  return [{ code: isMissing ? "endpoint_missing" : "endpoint_elsewhere", message }];
}

const commandMissing: Problem = {
  code: "command_missing",
  message: "The application has no command /ask any more. Connect the channel again.",
};

/** Some people put a token into the address of their hook. */
const shownUrl = (url: string, { credentials }: Access) => shownWords(url, [credentials.bot_token]);
