import { type Fields, fieldsOf, wordsIn } from "../../schema/json-fields.ts";
import { afterOurName } from "../said-text.ts";

/** Who is named in a call, and as whom it comes to us. */
export interface Named {
  /** Users, roles and channels by their ids, as Discord sends them along. */
  readonly resolved: Fields;
  /** Our own ids: the bot of an older application has another one than that. */
  readonly us: ReadonlySet<unknown>;
  readonly our_name: string;
}

/** What people see of a user, a role or a channel. */
export function shown(kind: "users" | "roles" | "channels", id: string, named: Named): string {
  if (named.us.has(id)) return named.our_name;
  const { global_name, username, name } = fieldsOf(fieldsOf(named.resolved[kind])[id]);
  const words = [global_name, username, name].find((one) => wordsIn(one) !== undefined);
  return `${kind === "channels" ? "#" : "@"}${wordsIn(words) ?? id}`;
}

/** Reads a text as Discord writes it: tokens become what people see there, and our mention at the start is left out. */
export function saidText(written: string, named: Named): string {
  let isCalled = false;
  const start = written.search(/\S/);
  const said = written.replace(tokens, (_, user, role, channel, emoji, command, place) => {
    if (role !== undefined) return shown("roles", role, named);
    if (channel !== undefined) return shown("channels", channel, named);
    if (user === undefined) return emoji === undefined ? `/${command}` : `:${emoji}:`;
    if (place > start || !named.us.has(user)) return shown("users", user, named);
    isCalled = true;
    return "";
  });
  if (!isCalled) return said;
  // Nothing but our name is still something said.
  return afterOurName(said) || named.our_name;
}

// In turn: a user, a role, a channel, an emoji of a server, a command.
const tokens =
  /<(?:@!?(\d{1,20})|@&(\d{1,20})|#(\d{1,20})|a?:(\w{1,100}):\d{1,20}|\/([^:<>\n]{1,100}):\d{1,20})>/g;
