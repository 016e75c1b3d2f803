import type { Account } from "../adapter.ts";
import { afterOurName, ourName, Said, type SaidText } from "../said-text.ts";

/** Who we are in a call: by the account, and as Slack names the bot that it calls for. */
export interface Ourselves {
  readonly account: Account | null;
  readonly user_ids: ReadonlySet<string>;
}

/**
 * Reads a text as Slack writes it: what stands in angle brackets becomes what people see there, our mention at the start
 * is left out, and `&`, `<` and `>` are themselves again.
 */
export function saidText(written: string, us: Ourselves): SaidText {
  const said = new Said();
  let done = 0;
  let mentions_bot = false;
  let isCalled = false;
  for (const { 0: token, 1: inside, 2: sign, index } of written.matchAll(tokens)) {
    said.add(written.slice(done, index));
    done = index + token.length;
    if (sign !== undefined) {
      said.add(signs[sign] ?? token);
      continue;
    }
    const read = readToken(inside ?? "", us);
    mentions_bot ||= read.is_us;
    if (read.is_us && said.isBlank) isCalled = true;
    else said.add(read.text);
  }
  said.add(written.slice(done));
  const whole = isCalled ? afterOurName(said.text) : said.text;
  // Nothing but our name is still something said.
  return { text: whole.trim() === "" && isCalled ? ourName(us.account) : whole, mentions_bot };
}

// What follows an angle bracket of ours is escaped, so that a token holds none.
const tokens = /<([^<>\s][^<>\n]*)>|&(lt|gt|amp);/g;
const signs: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&" };

const unescaped = (text: string) =>
  text.replace(/&(lt|gt|amp);/g, (token: string, sign: string) => signs[sign] ?? token);

/** Makes a text one of Slack's that says the same. */
export const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function readToken(
  inside: string,
  us: Ourselves,
): { readonly text: string; readonly is_us: boolean } {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  // Since 2024 the name of a channel may be left empty.
  const label = bar < 0 ? undefined : inside.slice(bar + 1) || undefined;
  const id = target.slice(1);
  switch (target.charAt(0)) {
    case "@":
      return us.user_ids.has(id)
        ? { text: ourName(us.account), is_us: true }
        : { text: marked("@", unescaped(label ?? id)), is_us: false };
    case "#":
      return { text: marked("#", unescaped(label ?? id)), is_us: false };
    case "!":
      return { text: readCommand(id, label && unescaped(label)), is_us: false };
    default:
      return { text: readLink(unescaped(target), label && unescaped(label)), is_us: false };
  }
}

const marked = (mark: string, name: string) => (name.startsWith(mark) ? name : mark + name);

/** A group that is called, by its name or by its id, or a date, which has its words in the label. */
function readCommand(command: string, label: string | undefined): string {
  const [kind = "", id] = command.split("^");
  if (kind === "date") return label ?? kind;
  return marked("@", label ?? (kind === "subteam" ? (id ?? kind) : kind));
}

/** Slack makes links of what looks like one: then the label is what was written. */
function readLink(url: string, label: string | undefined): string {
  const bare = url.replace(/^(https?:\/\/|mailto:|tel:)/, "");
  if (label === undefined) return url;
  return label === url || label === bare || `${label}/` === bare ? label : `${label} (${url})`;
}
