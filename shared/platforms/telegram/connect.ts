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
import { shownWords, unreadable } from "../call-platform.ts";
import type { Done, Refusal } from "../failure.ts";
import { callTelegram, secretsOf } from "./call-telegram.ts";

type Access = ChannelAccess<"telegram">;

/** Turning the privacy of groups off is the one thing that Telegram has no call for. */
export const setup = ({ answers_all_in_groups }: Pick<Access, "answers_all_in_groups">): Setup => ({
  steps: answers_all_in_groups ? [privacyStep] : [],
});

const privacyStep =
  "Send /setprivacy to @BotFather, choose the bot and then Disable; remove the bot from each group and add it again.";

/** Tells whose token it is, and what keeps its messages away. */
export async function probe(deps: AdapterDeps, channel: Access): Promise<Probed> {
  const read = await readBot(deps, channel);
  if (!read.ok) return read;
  const problems = [...hookProblems(read.hook, channel, deps.clock()), ...read.problems];
  return { ok: true, account: read.account, problems };
}

/** Has Telegram call our hook with messages alone, and tells whom it called before. */
export async function connect(deps: AdapterDeps, channel: Access): Promise<Connected> {
  const { credentials, hook_url, hook_secret } = channel;
  const read = await readBot(deps, channel);
  if (!read.ok) return read;
  const set = await callTelegram(deps, credentials, "setWebhook", {
    url: hook_url,
    secret_token: hook_secret,
    // Left out, it would keep the list of whoever was here before.
    allowed_updates: ["message"],
  });
  if (!set.ok) return set;
  const { account, problems, hook } = read;
  const replaced_url =
    hook.url === "" || hook.url === hook_url ? null : shownUrl(hook.url, channel);
  return { ok: true, account, problems, replaced_url };
}

/** Takes our hook away, if it is still ours. */
export async function disconnect(
  deps: AdapterDeps,
  { credentials, hook_url }: Access,
): Promise<Done> {
  const info = await callTelegram(deps, credentials, "getWebhookInfo", undefined);
  if (!info.ok) return info;
  if (readHook(info.result).url !== hook_url) return { ok: true };
  const removed = await callTelegram(deps, credentials, "deleteWebhook", {});
  return removed.ok ? { ok: true } : removed;
}

interface Hook {
  readonly url: string;
  readonly waiting: number;
  readonly failed_at: number;
  readonly failure: string;
}

function readHook(info: unknown): Hook {
  const { url, pending_update_count, last_error_date, last_error_message } = fieldsOf(info);
  return {
    url: textIn(url) ?? "",
    waiting: Number(pending_update_count) || 0,
    failed_at: (Number(last_error_date) || 0) * 1_000,
    failure: textIn(last_error_message) ?? "",
  };
}

async function readBot(
  deps: AdapterDeps,
  { credentials, answers_all_in_groups }: Access,
): Promise<(Extract<Probed, { ok: true }> & { readonly hook: Hook }) | Refusal> {
  const me = await callTelegram(deps, credentials, "getMe", undefined);
  if (!me.ok) return me;
  const { id, username, first_name, can_read_all_group_messages } = fieldsOf(me.result);
  if (!Number.isSafeInteger(id)) return unreadable("Telegram");
  const info = await callTelegram(deps, credentials, "getWebhookInfo", undefined);
  if (!info.ok) return info;
  const account: Account = {
    id: String(id),
    user_id: String(id),
    username: wordsIn(username) ?? null,
    name: wordsIn(first_name) ?? String(id),
  };
  const isKeptOut = answers_all_in_groups && can_read_all_group_messages !== true;
  return { ok: true, account, problems: isKeptOut ? [privacy] : [], hook: readHook(info.result) };
}

const privacy: Problem = {
  code: "privacy_mode",
  message: `In groups Telegram shows the bot only what is addressed to it. ${privacyStep}`,
};

/** An error of an hour ago that nothing waits for any more is history. */
const recentMs = 60 * 60_000;

function hookProblems(
  { url, waiting, failed_at, failure }: Hook,
  channel: Access,
  now: number,
): readonly Problem[] {
  if (url === "") {
    const message = "Telegram calls nobody when the bot gets a message. Connect the channel again.";
    return [{ code: "webhook_missing", message }];
  }
  if (url !== channel.hook_url) {
    const message = `Telegram sends the bot's messages to ${shownUrl(url, channel)}: a bot has one address, and whoever sets it last has it. Connect the channel again to take it back.`;
    return [{ code: "webhook_elsewhere", message }];
  }
  if (waiting === 0 || now - failed_at > recentMs) return [];
  const words = shownWords(failure, secretsOf(channel.credentials.bot_token));
  return [
    {
      code: "webhook_failing",
      message: `Telegram could not deliver ${waiting} messages: ${words}`,
    },
  ];
}

/** Many people put the token into the address of their hook. */
const shownUrl = (url: string, { credentials }: Access) =>
  shownWords(url, secretsOf(credentials.bot_token));
