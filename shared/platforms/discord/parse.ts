import { type Fields, fieldsOf, jsonIn, textIn, wordsIn } from "../../schema/json-fields.ts";
import type { Account, HookRequest } from "../adapter.ts";
import type { HookAnswer, InboundMessage, Parsed, PlatformUser } from "../inbound-event.ts";
import { ourName } from "../said-text.ts";
import { contentOf } from "./content.ts";
import { original, tokenMs } from "./discord-address.ts";

/** Reads an interaction. A command that somebody typed says something; all others are answered at once. */
export function parseInteraction(
  { body }: HookRequest,
  { account }: { readonly account: Account | null },
): Parsed {
  const call = fieldsOf(jsonIn(body));
  const { type } = call;
  if (type === undefined) return { events: [] };
  const message = type === 2 ? messageIn(call, account) : undefined;
  if (message) return { events: [message] };
  return {
    events: [],
    answer: answers.get(type) ?? whisper("This bot answers commands like /ask only."),
  };
}

/** What is shown to nobody but who asked. */
const whisper = (content: string): HookAnswer => ({
  json: { type: 4, data: { content, flags: 64 } },
});

/** Of the question whether the hook is ours, of a button, and of what a half-written command could become. */
const answers = new Map<unknown, HookAnswer>([
  [1, { json: { type: 1 } }],
  [3, { json: { type: 6 } }],
  [4, { json: { type: 8, data: { choices: [] } } }],
]);

const at_once = {
  answered: { json: { type: 5 } },
  // Else Discord would show for a quarter of an hour that the bot is thinking.
  unanswered: whisper("This bot is not available at the moment."),
  sign_id: original,
};

function messageIn(call: Fields, account: Account | null): InboundMessage | undefined {
  const data = fieldsOf(call["data"]);
  const [id, application_id] = [idIn(call["id"]), idIn(call["application_id"])];
  const channel_id = idIn(call["channel_id"]) ?? idIn(fieldsOf(call["channel"])["id"]);
  const [name, token] = [wordsIn(data["name"]), wordsIn(call["token"])];
  const user = senderOf(call);
  // Commands on users and messages are no words of anybody.
  if (data["type"] !== 1 || !name || !user) return undefined;
  if (!id || !application_id || !token || !channel_id) return undefined;
  const sent_at = timeOf(id);
  return {
    kind: "message",
    identity: id,
    message_id: id,
    sent_at,
    handling: "answer",
    user,
    // A thread is a channel to itself.
    chat_id: channel_id,
    thread_id: null,
    is_direct: isDirect(call),
    mentions_bot: true,
    replies_to_bot: false,
    content: contentOf(data, name, {
      resolved: fieldsOf(data["resolved"]),
      us: new Set([application_id, account?.user_id]),
      our_name: ourName(account),
    }),
    album_id: null,
    metadata: {},
    address: {
      channel_id,
      size_limit: Number(call["attachment_size_limit"]) || usualSizeLimit,
      is_guest: Number(isGuest(call)),
      application_id,
      token,
      token_until: sent_at + tokenMs,
      sent: 0,
    },
    at_once,
  };
}

const idIn = (value: unknown) => textIn(value)?.match(/^\d{1,20}$/)?.[0];

const discordEpoch = 1_420_070_400_000;

/** When an id was made, which stands in its upper bits. */
const timeOf = (id: string) => Number(BigInt(id) >> 22n) + discordEpoch;

/** Whether only the bot and one user are there. A chat of others is like a group. */
const isDirect = ({ context, guild_id }: Fields) =>
  context === undefined ? guild_id === undefined : context === 1;

/** Whether only a user has the app there; what the server or the bot itself has stands under 0. */
const isGuest = ({ authorizing_integration_owners }: Fields) =>
  fieldsOf(authorizing_integration_owners)["0"] === undefined;

/** The most bytes of a file that everybody may be sent. */
const usualSizeLimit = 10 * 1_048_576;

/** Who typed it. In a server there is a member, elsewhere a user. */
function senderOf({ member, user: alone }: Fields): PlatformUser | undefined {
  const user = fieldsOf(fieldsOf(member)["user"] ?? alone);
  const id = idIn(user["id"]);
  const [name, username] = [wordsIn(user["global_name"]), wordsIn(user["username"])];
  return id ? { id, name: name ?? null, username: username ?? null, also: [] } : undefined;
}
