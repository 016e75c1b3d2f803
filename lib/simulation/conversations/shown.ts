import { isDeepStrictEqual } from "node:util";
import { entriesOf, fieldsOf, textIn } from "#shared/schema/json-fields";
import type { World } from "../world.ts";
import type { AskedBackend } from "./backends.ts";
import { isPictureThere, picturesHost, type ShownMessage } from "./models.ts";
import type { ChatStory, PlannedBackend } from "./story.ts";

/** Words and pictures of a message in their order; what became of files of platforms is looked at elsewhere. */
interface Said {
  readonly role: string;
  readonly said: readonly string[];
}

const saidIn = ({ role, content }: ShownMessage): Said => ({ role, said: piecesIn(content) });

function piecesIn(content: unknown): readonly string[] {
  const parts = typeof content === "string" ? [{ text: content }] : entriesOf(content);
  return parts.map(fieldsOf).flatMap(({ text, image_url }) => {
    const url = textIn(fieldsOf(image_url)["url"]) ?? "";
    const picture = url.startsWith(picturesHost) ? [pictureOf(url.slice(picturesHost.length))] : [];
    return [...(textIn(text) ?? "").split("\n\n").flatMap(pieceOf), ...picture];
  });
}

const pictureOf = (index: string) => `picture ${index}`;
/** That a picture cannot be shown stands in its place. */
const lostPicture = /^\[file (\d+)\]/;

function pieceOf(words: string): string | [] {
  const [, lost] = lostPicture.exec(words) ?? [];
  if (lost !== undefined) return pictureOf(lost);
  return words === "" || words.startsWith("[file") ? [] : words;
}

/** Whether a backend is shown these messages, after what it is told first; a model as models are, with roles in turns. */
export function isShown(
  { type }: Pick<PlannedBackend, "type">,
  { messages }: AskedBackend,
  prompt: string,
  told: readonly ShownMessage[],
): boolean {
  const system = prompt === "" ? [] : [{ role: "system", said: [prompt] }];
  const said = told.map(saidIn);
  const wanted = [...system, ...(type === "webhook" ? said : inTurns(said))];
  return isDeepStrictEqual(messages.map(saidIn), wanted);
}

function inTurns(all: readonly Said[]): Said[] {
  const turns: Said[] = [];
  // A history may begin with a reply.
  if (all[0]?.role !== "user") turns.push({ role: "user", said: [begun] });
  for (const { role, said } of all) {
    const last = turns.at(-1);
    if (last?.role !== role) turns.push({ role, said });
    else turns.splice(-1, 1, { role, said: [...last.said, ...said] });
  }
  return turns;
}

const begun = "(The conversation began before this.)";

/** Where calls about one message were made. */
interface Given {
  readonly story: Pick<ChatStory, "backends" | "timeoutSeconds">;
  readonly world: World;
}

/** A model is given the pictures that are there, unless it takes none. */
export function checkPictures(
  { story, world }: Given,
  one: AskedBackend,
  say: (problem: string) => void,
): void {
  const { type = "webhook", takesPictures } = story.backends[one.backend] ?? {};
  const { faults } = world.observer;
  if (type === "webhook" || !takesPictures || faults > 0) return;
  const words = one.messages.flatMap(({ content }) => textsIn(content));
  const lost = words.flatMap((text) => lostPicture.exec(text)?.[1] ?? []);
  const pictures = one.messages.flatMap(({ content }) => piecesIn(content)).filter(isPicture);
  // Half of a call's time is for them, one after the other.
  const isLate =
    pictures.length * (50 + 2 * world.options.latencyMs) > (story.timeoutSeconds * 1_000) / 2;
  const missing = lost.filter((index) => isPictureThere(Number(index)));
  if (missing.length > 0 && !isLate) say(`a model is not shown the picture ${missing.join()}`);
}

const isPicture = (piece: string) => piece.startsWith("picture ");

const textsIn = (content: unknown): readonly string[] =>
  (typeof content === "string" ? [{ text: content }] : entriesOf(content))
    .map(fieldsOf)
    .flatMap(({ text }) => textIn(text)?.split("\n\n") ?? []);
