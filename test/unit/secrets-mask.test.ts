import { describe, expect, it } from "@jest/globals";
import { mask } from "#shared/secrets/mask";

describe("mask", () => {
  it.each([
    ["", "••••"],
    ["short", "••••"],
    ["elevenchars", "••••"],
    ["twelve chars", "••••hars"],
    ["Bearer sk-proj-abc3kf9", "••••3kf9"],
    ["🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑", "••••"],
    ["secret secret 🔑🔒🔓🗝", "••••🔑🔒🔓🗝"],
  ])("shows %j as %j", (value, shown) => {
    expect(mask(value)).toBe(shown);
  });
});
