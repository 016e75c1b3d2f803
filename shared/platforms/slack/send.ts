import { wordsIn } from "../../schema/json-fields.ts";
import type { AdapterDeps } from "../adapter.ts";
import { type Done, refused } from "../failure.ts";
import type { Address } from "../inbound-event.ts";
import type { Outgoing, Piece, Sent } from "../outgoing.ts";
import { callSlack, type SlackCredentials } from "./call-slack.ts";
import type { SlackFailure } from "./classify.ts";
import { type SlackAddress, slackAddress } from "./slack-address.ts";
import { plainWords, slackMarkdown } from "./text.ts";
import { uploadFile } from "./upload.ts";

/** Sends one piece; when the thread is gone, into the channel. */
export async function sendPiece(
  deps: AdapterDeps,
  credentials: SlackCredentials,
  { piece, address: given }: Outgoing,
): Promise<Sent> {
  const address = slackAddress(given);
  const sent = await sendTo(deps, credentials, piece, address);
  if (sent.ok || sent.mend !== "without_thread" || address.thread_ts === undefined) return sent;
  const { channel } = address;
  const again = await sendTo(deps, credentials, piece, { channel });
  return again.ok ? { ...again, address: { channel } } : again;
}

type SentOnce =
  { readonly ok: true; readonly id: string | null } | ({ readonly ok: false } & SlackFailure);

async function sendTo(
  deps: AdapterDeps,
  credentials: SlackCredentials,
  piece: Piece,
  address: SlackAddress,
): Promise<SentOnce> {
  if (piece.type === "attachment") return uploadFile(deps, credentials, piece.attachment, address);
  const words =
    piece.form === "marked"
      ? { markdown_text: slackMarkdown(piece.text) }
      : { text: plainWords(piece.text), mrkdwn: false };
  const posted = await callSlack(deps, credentials, "chat.postMessage", {
    ...address,
    ...words,
    unfurl_links: false,
    unfurl_media: false,
  });
  return posted.ok ? { ok: true, id: wordsIn(posted.fields["ts"]) ?? null } : posted;
}

/** Takes back a message of ours; one that is gone already is taken back. */
export async function removeMessage(
  deps: AdapterDeps,
  credentials: SlackCredentials,
  { address, id }: { readonly address: Address; readonly id: string },
): Promise<Done> {
  const { channel } = slackAddress(address);
  const removed = await callSlack(deps, credentials, "chat.delete", { channel, ts: id });
  return removed.ok || removed.code === "message_not_found" ? { ok: true } : removed;
}

/** Shows for two minutes that an answer is being made. Only threads have a place for that. */
export async function showTyping(
  deps: AdapterDeps,
  credentials: SlackCredentials,
  given: Address,
): Promise<Done> {
  const { channel, thread_ts } = slackAddress(given);
  if (thread_ts === undefined) return noThread;
  const shown = await callSlack(deps, credentials, "assistant.threads.setStatus", {
    channel_id: channel,
    thread_ts,
    status: "is thinking…",
    loading_messages: ["Thinking…", "Working on the answer…", "Still at it…"],
  });
  return shown.ok ? { ok: true } : shown;
}

const noThread = refused("no_thread", "Slack shows this in threads alone.");
