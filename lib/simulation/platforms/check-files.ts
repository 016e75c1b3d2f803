import type { StoredMessage, StoredPart } from "#shared/conversations/message";
import { blobKey } from "#shared/files/file";
import type { AskedBackend } from "../conversations/backends.ts";
import { indexOf, textOf } from "../conversations/said.ts";
import { type Gone, type Remains, type Say, soonMs } from "./remains.ts";
import { bytesOf } from "./server.ts";

const lost = "could not be read";

/** Files come with the messages that brought them, or a line says why not; no bytes are left that nobody names. */
export function checkFiles(remains: Remains, gone: Gone, say: Say): void {
  const { seen, bucket, chat, rows } = remains;
  const named = new Set<string>();
  for (const { id, messages, erased } of seen.all()) {
    if (gone.has(id)) continue;
    for (const message of messages.values()) {
      if (message.role !== "user" || erased.has(message.number)) continue;
      for (const part of partsOf(message)) {
        if (part.type !== "stored_file") continue;
        const key = blobKey(chat.team_id, part.file.id);
        named.add(key);
        const isRight = bucket.blobs.get(key) === bytesOf(indexOf(message));
        if (!isRight) say(`${part.file.id} has other bytes`);
      }
      checkShown(remains, message, say);
    }
  }
  // Erasing finds by its row what no message names, as one whose worker died.
  const known = new Set(
    rows
      .filter(({ sk }) => sk.startsWith("FILE#"))
      .map(({ id }) => `${chat.team_id}/${String(id)}`),
  );
  for (const key of named) if (!known.has(key)) say(`${key} has no row`);
  for (const key of bucket.blobs.keys()) if (!known.has(key)) say(`${key} is left in the bucket`);
}

const partsOf = ({ content }: StoredMessage): readonly StoredPart[] =>
  typeof content === "string" ? [] : content;

/** What a backend is asked about is shown with its files; one is missing only where its platform did not give it. */
function checkShown(
  { story, server, backends, world, writers }: Remains,
  message: StoredMessage,
  say: Say,
): void {
  const index = indexOf(message);
  const { file } = story.messages[index] ?? {};
  const asked = backends.about(message);
  const [first] = asked;
  if (file === undefined || !first) return;
  const shown = shownTo(first, index);
  if (shown.length < 2) {
    // Of the two that Slack tells of a mention only the first names the file.
    const isKnown = writers.sent.some(
      (one) => one.index === index && one.nth === 0 && one.until + soonMs < first.from,
    );
    if (isKnown || server.name !== "slack") {
      say(`a backend is not shown the file of ${textOf(index)}`);
    }
    return;
  }
  const isLost = JSON.stringify(shown).includes(lost);
  const isThere = /"(image_url|file)"/.test(JSON.stringify(shown[1]));
  if (!isLost && !isThere) say(`a backend is shown ${JSON.stringify(shown)}`);
  const isTooLarge = file === "film" && server.name !== "whatsapp";
  const isHad = server.isGiving && world.observer.faults === 0;
  if (isLost && !isTooLarge && isHad) say(`the file of ${textOf(index)} was there and is lost`);
}

/** What a backend was shown of a message, as parts. */
function shownTo({ messages }: AskedBackend, index: number): readonly unknown[] {
  const one = messages.find(({ content }) => indexOf({ content: content as string }) === index);
  return Array.isArray(one?.content) ? one.content : [];
}
