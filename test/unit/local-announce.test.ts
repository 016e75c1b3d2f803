import { getEventListeners } from "node:events";
import { describe, expect, it } from "@jest/globals";
import { announce, listenersOf, listenTo } from "#shared/runtime/announce";

const long = 60_000;

describe("Who listens to a topic", () => {
  it("hears when it is announced, and not of another topic", async () => {
    const ended: string[] = [];
    const [a, b] = [listenTo("a"), listenTo("b")];
    const first = a.heard(long).then(() => ended.push("a"));
    const second = b.heard(long).then(() => ended.push("b"));

    announce("a");
    await first;

    expect(ended).toEqual(["a"]);
    announce("b");
    await second;
    for (const listener of [a, b]) listener.end();
  });

  it("is told as everyone else is, until the end", async () => {
    const listeners = Array.from({ length: 3 }, () => listenTo("t"));
    const all = Promise.all(listeners.map((listener) => listener.heard(long)));
    expect(listenersOf("t")).toBe(3);
    announce("t");
    expect(await all).toEqual([true, true, true]);
    for (const listener of listeners) listener.end();
    expect(listenersOf("t")).toBe(0);
  });

  it("hears once what is announced while it looks", async () => {
    const listener = listenTo("t");
    announce("t");
    expect(await listener.heard(long)).toBe(true);
    expect(await listener.heard(1)).toBe(false);
    announce("t");
    announce("t");
    expect([await listener.heard(long), await listener.heard(1)]).toEqual([true, false]);
    listener.end();
  });

  it("hears nothing when the time ends or the signal is aborted, before or meanwhile", async () => {
    const controller = new AbortController();
    const listener = listenTo("t");
    expect(await listener.heard(1, controller.signal)).toBe(false);
    const waiting = listener.heard(long, controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
    expect(await listener.heard(long, controller.signal)).toBe(false);
    listener.end();
  });

  it("leaves nothing behind, however it ended", async () => {
    const { signal } = new AbortController();
    const listeners = Array.from({ length: 100 }, () => listenTo("t"));
    const woken = listeners.map((listener) => listener.heard(long, signal));
    announce("t");
    await Promise.all(woken);
    await listeners[0]!.heard(1, signal);
    for (const listener of listeners) listener.end();
    expect([getEventListeners(signal, "abort"), listenersOf("t")]).toEqual([[], 0]);
  });
});
