import { setTimeout as sleep } from "node:timers/promises";
import {
  type Ask,
  makeAgentLoop,
  makeBot,
  makeChannel,
  makeExecution,
  makeIntegration,
} from "#lib/one-of-each";
import { answers, type FakeBackend, startFakeBackend } from "./fake-backend.ts";

/** What a team asks of the platform, by the worker that does it. */
export const kindsOfWork = ["chats", "executions", "callbacks"] as const;
type Kind = (typeof kindsOfWork)[number];

/** A team of whose servers none ever answers. */
export interface HangingTeam {
  readonly backend: FakeBackend;
  /** Has so many servers asked at once, and `functions` of them hold a function each. */
  fill(kind: Kind, functions: number, asked: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a team that asks with this key. */
export async function openHangingTeam(ask: Ask): Promise<HangingTeam> {
  const backend = await startFakeBackend();
  backend.answer(answers.hang());
  const askers: Record<Kind, () => Promise<() => Promise<unknown>>> = {
    chats: async () => {
      const { id: bot_id } = await makeBot(ask);
      const found = await ask("listIntegrations", { params: { bot_id } });
      // A new bot has its echo.
      const [echo] = found as { id: string }[];
      await ask("updateIntegration", {
        params: { id: echo!.id },
        body: { status: "disabled" },
      });
      await makeIntegration(ask, bot_id, { url: backend.url, timeout_seconds: 120 });
      const channel = await makeChannel(ask, bot_id);
      let users = 0;
      return () =>
        ask("sendMessage", {
          params: { id: channel.id },
          body: { user: { id: `user-${users++}` }, content: "Hello!" },
        });
    },
    executions: async () => {
      const model = { provider: "openai", name: "fake", base_url: `${backend.url}/v1` };
      const loop = await makeAgentLoop(ask, { model });
      return () => makeExecution(ask, loop.id);
    },
    callbacks: async () => {
      const loop = await makeAgentLoop(ask, { callback: { url: backend.url } });
      return () => makeExecution(ask, loop.id);
    },
  };
  return {
    backend,
    fill: async (kind, functions, asked) => {
      // One of each target comes before any of them is known as slow.
      const targets = [];
      for (let count = 0; count < functions; count++) targets.push(await askers[kind]());
      for (const askOnce of targets) {
        const before = backend.requests.length;
        await askOnce();
        // What comes alone gets a function alone.
        await backend.received(before + 1);
      }
      for (let count = functions; count < asked; count++) await targets[0]!();
    },
    close: () => backend.close(),
  };
}

/** Waits until something of a team is done, as its own API shows it. Throws after half a minute. */
export async function doneFor(ask: Ask, kind: Kind): Promise<void> {
  if (kind === "chats") {
    const { id: bot_id } = await makeBot(ask);
    const channel = await makeChannel(ask, bot_id);
    const answer = await ask("sendMessage", {
      params: { id: channel.id },
      query: { wait: 25 },
      body: { user: { id: "ada" }, content: "Are you there?" },
    });
    const { reply } = answer as { readonly reply: { readonly content: string } | null };
    if (reply?.content !== "Are you there?") throw new Error("There was no reply in time.");
    return;
  }
  const receiver = await startFakeBackend();
  try {
    receiver.answer(answers.status(204));
    const callback = kind === "callbacks" ? { url: receiver.url } : null;
    const loop = await makeAgentLoop(ask, { callback });
    const { id } = await makeExecution(ask, loop.id);
    for (let waited = 0; waited < 25_000; waited += 100) {
      const found = await ask("getExecution", { params: { id } });
      const { status } = found as { readonly status: string };
      if (kind === "executions" ? status === "completed" : receiver.requests.length > 0) return;
      await sleep(100);
    }
    throw new Error("It was not done in time.");
  } finally {
    await receiver.close();
  }
}
