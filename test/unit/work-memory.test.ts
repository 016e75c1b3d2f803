import { describe, expect, it } from "@jest/globals";
import { createMemory } from "#shared/work/memory";

const kib = 1_024;
const total = 1_024 * kib;

/** Work of a team that begins to hold so much. */
function opener() {
  const open = createMemory(total);
  let works = 0;
  return (team: string, bytes: number, work = `work ${++works}`) => {
    const held = open(team, work);
    return { held, isHeld: held.hold(bytes) };
  };
}

describe("The memory of a process", () => {
  it("is a team's as far as it leaves as much to others", () => {
    const begin = opener();
    expect(begin("a", 256 * kib).isHeld).toBe(true);
    expect(begin("a", 256 * kib).isHeld).toBe(true);
    expect(begin("a", 66 * kib).isHeld).toBe(false);
    expect(begin("b", 256 * kib).isHeld).toBe(true);
    expect(begin("b", 66 * kib).isHeld).toBe(false);
    expect(begin("c", 128 * kib).isHeld).toBe(true);
  });

  it("is held by who is alone, whatever it is", () => {
    const begin = opener();
    const { held, isHeld } = begin("a", 9 * total);
    expect(isHeld).toBe(true);
    expect(held.hold(10 * total)).toBe(true);
    expect(begin("b", 66 * kib).isHeld).toBe(false);
    held.giveBack();
    expect(begin("b", 66 * kib).isHeld).toBe(true);
  });

  it("always has room for what is small, and for less than was held", () => {
    const begin = opener();
    const { held } = begin("a", 400 * kib);
    begin("b", 300 * kib);
    expect(begin("a", 200 * kib).isHeld).toBe(false);
    expect(begin("a", 64 * kib).isHeld).toBe(true);
    expect(held.hold(500 * kib)).toBe(false);
    expect(held.hold(399 * kib)).toBe(true);
  });

  it("keeps what is held where there is no room for more", () => {
    const begin = opener();
    const { held } = begin("a", 200 * kib);
    begin("b", 300 * kib);
    expect(held.hold(400 * kib)).toBe(false);
    expect(begin("a", 160 * kib).isHeld).toBe(true);
    expect(begin("a", 66 * kib).isHeld).toBe(false);
  });

  it("needs at the next try what there was no room for", () => {
    const begin = opener();
    begin("b", 100 * kib);
    const first = begin("a", 400 * kib).held;
    expect(begin("a", 100 * kib, "late").isHeld).toBe(false);
    expect(begin("a", 0, "late").isHeld).toBe(false);
    first.giveBack();
    const { held, isHeld } = begin("a", 0, "late");
    expect(isHeld).toBe(true);
    expect(begin("a", 400 * kib).isHeld).toBe(false);
    // From then on what it says.
    expect(held.hold(0)).toBe(true);
    expect(begin("a", 400 * kib).isHeld).toBe(true);
  });
});
