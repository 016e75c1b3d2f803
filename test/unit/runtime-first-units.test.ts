import { expect, it } from "@jest/globals";
import { firstUnits } from "#shared/runtime/first-units";

it.each([
  ["", 3, ""],
  ["abc", 3, "abc"],
  ["abcd", 3, "abc"],
  ["ab😀", 4, "ab😀"],
  ["ab😀", 3, "ab"],
  ["ab😀c", 4, "ab😀"],
  ["😀😀", 3, "😀"],
])("cuts %j after at most %i units between characters", (text, most, begin) => {
  expect(firstUnits(text, most)).toBe(begin);
});
