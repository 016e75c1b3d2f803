import { describe, expect, it } from "@jest/globals";
import { chosenOf } from "#lib/command-line";

describe("the names that a program is given", () => {
  const names = ["go", "python", "ruby"];

  it("are all of them when none is given", () => {
    expect(chosenOf(names, [])).toEqual(names);
  });

  it("are those that are asked for, each once", () => {
    expect(chosenOf(names, ["ruby", "go", "ruby"])).toEqual(["go", "ruby"]);
  });

  it("are told where one is unknown, so that a slip of the pen proves nothing by nothing", () => {
    expect(() => chosenOf(names, ["go", "rubi"])).toThrow("There is no rubi: go, python, ruby.");
  });
});
