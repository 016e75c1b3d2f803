import type { RESTPostAPIApplicationCommandsJSONBody } from "discord-api-types/v10";
import { entriesOf, type Fields, fieldsOf } from "../../schema/json-fields.ts";

const options = [
  {
    type: 3,
    name: "message",
    description: "What you want to say",
    required: true,
    max_length: 6_000,
  },
  { type: 11, name: "file", description: "A picture or a file that goes with it" },
] as const;

/** The command that people ask with: in servers, to the bot itself, and in chats of others where a user brought it. */
export const askCommand = {
  type: 1,
  name: "ask",
  description: "Ask the bot",
  options: [...options],
  // Left out, chats of others would be.
  contexts: [0, 1, 2],
} satisfies RESTPostAPIApplicationCommandsJSONBody;

/** Our commands among those of an application; another one of the same name has other options. */
export const oursIn = (commands: unknown): readonly Fields[] =>
  entriesOf(commands)
    .map(fieldsOf)
    .filter(({ type, name, options: given }) => {
      const names = entriesOf(given).map((option) => fieldsOf(option)["name"]);
      const isLike = names.join() === options.map((option) => option.name).join();
      return type === askCommand.type && name === askCommand.name && isLike;
    });
