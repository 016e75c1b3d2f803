import { describe, expect, it } from "@jest/globals";
import { Conversation } from "#shared/conversations/conversation";
import { tableDefinition } from "#shared/table/definition";

const listed = tableDefinition.indexes.find(({ name }) => name === "listed");

describe("The index listed", () => {
  it("holds all that a list of conversations shows, but for the ids in its keys and what follows from others", () => {
    const shown = Object.keys(Conversation.entries);
    expect(shown.filter((name) => !listed?.include.includes(name))).toEqual(["id", "bot_id"]);
  });
});
