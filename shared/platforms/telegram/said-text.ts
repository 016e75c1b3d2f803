import { entriesOf, type Fields, fieldsOf, textIn } from "../../schema/json-fields.ts";
import type { Account } from "../adapter.ts";
import { afterOurName, Said, type SaidText } from "../said-text.ts";

/**
 * Reads a text with its entities, whose places are UTF-16 units: our mention at its start is left out, other people are
 * named with an @, and hidden addresses are written out.
 */
export function saidText(text: string, entities: unknown, account: Account | null): SaidText {
  const said = new Said();
  let done = 0;
  let mentions_bot = false;
  let isCalled = false;
  for (const { type, from, to, fields } of spansOf(entities)) {
    if (from < done || to > text.length) continue;
    const words = text.slice(from, to);
    const read = readEntity(type, words, fields, account);
    if (!read) continue;
    said.add(text.slice(done, from));
    done = to;
    mentions_bot ||= read.is_us;
    if (read.is_name && read.is_us && said.isBlank) isCalled = true;
    else said.add(read.text);
  }
  said.add(text.slice(done));
  const whole = isCalled ? afterOurName(said.text) : said.text;
  // Nothing but our name is still something said.
  return { text: whole.trim() === "" ? text : whole, mentions_bot };
}

const spansOf = (entities: unknown) =>
  entriesOf(entities)
    .map((entity) => {
      const fields = fieldsOf(entity);
      const [from, length] = [Number(fields["offset"]), Number(fields["length"])];
      return { type: fields["type"], from, to: from + length, fields };
    })
    .filter(({ from, to }) => from >= 0 && to > from)
    .sort((one, other) => one.from - other.from);

interface ReadEntity {
  readonly text: string;
  readonly is_us: boolean;
  readonly is_name: boolean;
}

function readEntity(
  type: unknown,
  words: string,
  fields: Fields,
  account: Account | null,
): ReadEntity | undefined {
  const ourName = account?.username && `@${account.username.toLowerCase()}`;
  if (type === "mention") {
    return { text: words, is_us: words.toLowerCase() === ourName, is_name: true };
  }
  if (type === "text_mention") {
    const is_us = account !== null && String(fieldsOf(fields["user"])["id"]) === account.user_id;
    return { text: words.startsWith("@") ? words : `@${words}`, is_us, is_name: true };
  }
  if (type === "bot_command") {
    const at = words.indexOf("@");
    const is_us = at > 0 && words.slice(at).toLowerCase() === ourName;
    return { text: is_us ? words.slice(0, at) : words, is_us, is_name: false };
  }
  const url = textIn(fields["url"]);
  if (type !== "text_link" || url === undefined) return undefined;
  return { text: words === url ? words : `${words} (${url})`, is_us: false, is_name: false };
}
