import { getEventListeners } from "node:events";
import { describe, expect, it } from "@jest/globals";
import { announce, announced, waitersFor } from "#shared/runtime/announce";

const long = 60_000;

describe("announced", () => {
  it("ends when its topic is announced, and not for another topic", async () => {
    const ended: string[] = [];
    const first = announced("a", long).then(() => ended.push("a"));
    const second = announced("b", long).then(() => ended.push("b"));

    announce("a");
    await first;

    expect(ended).toEqual(["a"]);
    announce("b");
    await second;
  });

  it("wakes everyone who waits for the topic", async () => {
    const all = Promise.all([announced("t", long), announced("t", long), announced("t", long)]);
    expect(waitersFor("t")).toBe(3);
    announce("t");
    await all;
    expect(waitersFor("t")).toBe(0);
  });

  it("tells an announcement from the end of its time", async () => {
    const heard = announced("t", long);
    announce("t");
    expect(await heard).toBe(true);
    expect(await announced("never", 5)).toBe(false);
    expect(waitersFor("never")).toBe(0);
  });

  it("ends when its signal is aborted, before or meanwhile", async () => {
    const controller = new AbortController();
    const waiting = announced("t", long, controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
    expect(await announced("t", long, controller.signal)).toBe(false);
    expect(waitersFor("t")).toBe(0);
  });

  it("leaves no listener behind, however it ended", async () => {
    const { signal } = new AbortController();
    const woken = Array.from({ length: 100 }, () => announced("t", long, signal));
    announce("t");
    await Promise.all([...woken, announced("t", 1, signal)]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("hears an announcement made while its caller is still looking", async () => {
    const heard = announced("t", long);
    announce("t");
    await heard;
  });
});
