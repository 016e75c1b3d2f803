import { wordsIn } from "../../schema/json-fields.ts";
import type { AdapterDeps } from "../adapter.ts";
import type { Done } from "../failure.ts";
import type { Address } from "../inbound-event.ts";
import type { Outgoing, Piece, Sent } from "../outgoing.ts";
import { digestOf } from "../proofs.ts";
import { callDiscord, type DiscordCall, type DiscordCredentials } from "./call-discord.ts";
import type { DiscordFailure } from "./classify.ts";
import { discordAddress, type OpenCommand, original, tokenMs } from "./discord-address.ts";
import { type DiscordMessage, fileMessage, formOf } from "./file-message.ts";

type Failed = { readonly ok: false } & DiscordFailure;
type SentOnce = { readonly ok: true; readonly id: string | null } | Failed;

/**
 * Sends one piece: in place of the sign that the bot is thinking, after it, and when the command is over into the channel.
 * Sent again, the first changes nothing, one in a channel brings back what is there for some minutes, and one between them
 * comes twice: Discord cannot tell.
 */
export async function sendPiece(
  deps: AdapterDeps,
  credentials: DiscordCredentials,
  { piece, address, tag }: Outgoing,
): Promise<Sent> {
  const { channel_id, size_limit, is_guest, command } = discordAddress(address);
  const made = await messageOf(deps, piece, size_limit);
  if (!made.ok) return made;
  const say: Say = (call, once) => saidBy(deps, credentials, call, { ...made, once });
  if (command && deps.clock() < command.until) {
    const answered = await answer(say, command);
    if (answered.ok) return { ...answered, address: { ...address, sent: command.sent + 1 } };
    if (!answered.mend) return orLink(piece, answered);
    if (isTooEarly(deps, command, answered)) return { ...answered, class: "retry" };
  }
  const posted = await post(say, channel_id, tag);
  if (!posted.ok) return orLink(piece, is_guest ? asGuest(posted, command?.sent ?? 0) : posted);
  return { ...posted, address: { channel_id, size_limit, is_guest: Number(is_guest) } };
}

type Say = (call: DiscordCall, once?: object) => Promise<SentOnce>;

async function messageOf(deps: AdapterDeps, piece: Piece, size_limit: number) {
  if (piece.type === "attachment") return fileMessage(deps, piece.attachment, size_limit);
  const message: DiscordMessage = { fields: { content: piece.text } };
  return { ok: true, message } as const;
}

/** The first answer to a command takes the place of the sign, unless somebody has deleted that. */
async function answer(say: Say, { application_id, token, sent }: OpenCommand): Promise<SentOnce> {
  const path = webhookOf({ application_id, token });
  const by = { command_token: token };
  if (sent === 0) {
    const edited = await say({ ...by, method: "PATCH", path: `${path}/messages/${original}` });
    if (edited.ok || edited.mend !== "without_original") return edited;
  }
  return say({ ...by, method: "POST", path });
}

const webhookOf = ({ application_id, token }: Pick<OpenCommand, "application_id" | "token">) =>
  `/webhooks/${application_id}/${encodeURIComponent(token)}`;

/** Takes back what stands in place of the answer to a command; what is gone, or over with the command, is taken back. */
export async function removeAnswer(
  deps: AdapterDeps,
  credentials: DiscordCredentials,
  { address, id }: { readonly address: Address; readonly id: string },
): Promise<Done> {
  const { command } = discordAddress(address);
  if (!command || deps.clock() >= command.until) return { ok: true };
  const path = `${webhookOf(command)}/messages/${id}`;
  const call = { method: "DELETE", path, command_token: command.token } as const;
  const removed = await callDiscord(deps, credentials, call);
  if (!removed.ok && isTooEarly(deps, command, removed)) return { ...removed, class: "retry" };
  return removed.ok || removed.mend ? { ok: true } : removed;
}

/** Discord makes one message of all that come with the same nonce within some minutes. */
const post = (say: Say, channel_id: string, tag: string): Promise<SentOnce> =>
  say(
    { method: "POST", path: `/channels/${channel_id}/messages`, channel_id },
    { nonce: digestOf(tag).slice(0, 25), enforce_nonce: true },
  );

/** A model may write @everyone, and links that everybody then has to look at. */
const quiet = { allowed_mentions: { parse: [] }, flags: 4 };

async function saidBy(
  deps: AdapterDeps,
  credentials: DiscordCredentials,
  call: DiscordCall,
  { message: { fields, file }, once }: { message: DiscordMessage; once: object | undefined },
): Promise<SentOnce> {
  const all = { ...fields, ...quiet, ...once };
  const body = file ? { form: await formOf(all, file) } : { json: all };
  const said = await callDiscord(deps, credentials, { ...call, ...body });
  if (said.ok) return { ok: true, id: wordsIn(said.fields["id"]) ?? null };
  // It was answered before, and by nobody but us.
  return said.code === "40060" ? { ok: true, id: null } : said;
}

/** So long after a command Discord may not know yet that the hook has taken it. */
const settlingMs = 15_000;

const isTooEarly = ({ clock }: AdapterDeps, { until }: OpenCommand, { code }: DiscordFailure) =>
  (code === "10015" || code === "10062") && clock() < until - tokenMs + settlingMs;

/** A link may be sent where files may not. */
const orLink = ({ type }: Piece, failure: Failed): Failed =>
  type === "attachment" && failure.class === "configuration"
    ? { ...failure, class: "refused" }
    : failure;

/** Where a user has brought the app along, it is no fault of its owner that it may not write by itself. */
const asGuest = (failure: Failed, sent: number): Failed => {
  const message = `${failure.message} Messages that came before: ${sent}.`;
  return failure.class === "configuration" ? { ...failure, class: "recipient", message } : failure;
};
