import type { StoredMessage } from "#shared/conversations/message";
import { indexOf } from "../conversations/said.ts";
import { Discord, nonceMs } from "./discord.ts";
import type { SendCall, Server } from "./server.ts";

type Say = (problem: string) => void;

/** A reply is a text. */
const wordsOf = (content: StoredMessage["content"]) => (typeof content === "string" ? content : "");

/** What is known of the sending of a reply. */
export interface Sending {
  readonly calls: readonly SendCall[];
  /** Whether its words were deleted, perhaps meanwhile: then nothing more is written down. */
  readonly isDeleted: boolean;
}

/**
 * The calls that have sent parts of a reply. One that no backend gave says what others say too: it is told by what it
 * answers, and where the platform has nothing of that by what was written down.
 */
export function callsOf(
  { sends }: Server,
  { platform_message_id }: StoredMessage,
  { content, parts_sent = [] }: StoredMessage,
): SendCall[] {
  const number = numberIn(wordsOf(content));
  return sends.filter(({ said, quotes, id }) =>
    number === undefined
      ? said === content &&
        (quotes === platform_message_id || parts_sent.some((part) => part.id === id))
      : numberIn(said) === number,
  );
}

/** Which answer a part is of. */
export const numberIn = (said: string) => /(?:answer |files\.example\/)(\d+)/.exec(said)?.[1];

/** What was written down as sent is what the platform has, in order, whole when it is said to be; nothing else is there. */
export function checkParts(
  server: Server,
  question: StoredMessage,
  reply: StoredMessage,
  { calls, isDeleted }: Sending,
  say: Say,
): void {
  const { number, delivery } = reply;
  const written = writtenOf(reply, calls, say);
  if (new Set(written).size < written.length) say(`reply ${number} names a message twice`);
  if (written.some(({ at }, index) => at < (written[index - 1]?.at ?? 0))) {
    say(`reply ${number} names its parts in another order`);
  }
  if (!isDeleted) checkWhole(reply, written, say);
  for (const call of calls) {
    const { said, chat, quotes } = call;
    if (!server.isPlace(call, indexOf(question), isBeginning(reply, said))) {
      say(`${said} is sent to ${chat} and quotes ${quotes}`);
    }
    const isThere = written.some(({ id }) => id === call.id);
    const isExplained = isThere || isDeleted || isInDoubt(call, calls);
    if (call.id !== undefined && !isExplained) {
      say(`reply ${number}: ${said} was sent and is not written down (${delivery?.status})`);
    }
  }
  if (server instanceof Discord) checkOnce(calls, say);
}

/** The calls that a reply names, each as who made it heard of it. */
function writtenOf(
  { number, parts_sent = [] }: StoredMessage,
  calls: readonly SendCall[],
  say: Say,
): SendCall[] {
  const written: SendCall[] = [];
  for (const { id } of parts_sent) {
    const call =
      id === null ? unnamed(calls, written) : calls.find((one) => one.isHeard && one.id === id);
    if (call) written.push(call);
    else say(`reply ${number} names ${id}, which nobody heard of`);
  }
  return written;
}

/** The next part whose id nobody is told: as it was sent last, since what is written down is not sent again. */
function unnamed(calls: readonly SendCall[], written: readonly SendCall[]): SendCall | undefined {
  const heard = calls.filter(({ isHeard, isNamed }) => isHeard && !isNamed);
  const next = heard.find(({ said }) => !written.some((one) => one.said === said));
  return heard.findLast(({ said }) => said === next?.said);
}

/** In a channel Discord makes one message of a part that comes again, as long as it knows it. */
function checkOnce(calls: readonly SendCall[], say: Say): void {
  const posted = calls.filter(({ quotes, id }) => quotes === undefined && id !== undefined);
  for (const [index, one] of posted.entries()) {
    const again = posted
      .slice(index + 1)
      .find(({ said, id, at }) => said === one.said && id !== one.id && at - one.at < nonceMs);
    if (again) say(`${one.said} comes twice though a nonce would tell`);
  }
}

/** The texts of a reply are its content, and its files follow; of one that was not sent they are its beginning. */
function checkWhole(
  { number, content, attachments, delivery }: StoredMessage,
  written: readonly SendCall[],
  say: Say,
): void {
  const said = written.map((one) => one.said);
  const firstFile = said.findIndex((words) => words.includes("files.example"));
  const texts = firstFile < 0 ? said : said.slice(0, firstFile);
  const files = said.slice(texts.length);
  const words = texts.join("\n\n");
  const isWhole = words === content;
  const isRight =
    (isWhole || (wordsOf(content).startsWith(words) && files.length === 0)) &&
    files.every((file, place) => file === attachments[place]?.url);
  if (!isRight) say(`reply ${number} is written down as ${JSON.stringify(said)}`);
  if (delivery?.status === "sent" && !(isWhole && files.length === attachments.length)) {
    say(`reply ${number} is sent, and only ${said.length} parts of it are`);
  }
}

/** Whether a reply begins with this. */
const isBeginning = ({ content }: StoredMessage, said: string) => wordsOf(content).startsWith(said);

/** Whether who sent it could not tell that it had arrived, or could not write it down: then it sent nothing more. */
function isInDoubt(call: SendCall, calls: readonly SendCall[]): boolean {
  const { does, process } = call;
  if (does !== "ok") return true;
  const last = calls.findLast((one) => one.process === process);
  return last === call && (process.isDead || process.faults > 0);
}

/** What there was of what. */
export function figuresOfCalls(sends: readonly SendCall[]): Record<string, number> {
  const obeyed = sends.filter(({ id, said }) => id !== undefined && numberIn(said) !== undefined);
  const messages = new Set(obeyed.map(({ id }) => id));
  const parts = new Set(obeyed.map(({ chat, quotes, said }) => `${chat} ${quotes} ${said}`));
  return { "parts sent": parts.size, "parts doubled": Math.max(0, messages.size - parts.size) };
}
