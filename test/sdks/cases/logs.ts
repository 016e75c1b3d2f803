import assert from "node:assert/strict";
import { type Case, tell } from "../bench.ts";
import { answer, fails, get, ok } from "./canned.ts";

export const logs: readonly Case[] = [
  {
    title: "logs nothing unless it is told to",
    run: async (bench) => {
      bench.proxy.plan(fails(503), ok);
      assert.deepEqual((await tell(bench, get)).log, []);
    },
  },
  {
    title: "logs what it tries again, each request, or all of it",
    run: async (bench) => {
      const lines = async (log: "warn" | "info" | "debug") => {
        bench.proxy.plan(fails(503), ok);
        return (await tell(bench, { ...get, client: { log } })).log;
      };
      const [warn, info, debug] = [await lines("warn"), await lines("info"), await lines("debug")];
      assert.equal(warn.length, 1);
      assert.equal(info.length, 3);
      assert.ok(debug.length > info.length);
      assert.ok(
        info.some((line) => line.includes("GET /bots/") && line.includes("200")),
        info.join("\n"),
      );
    },
  },
  {
    title: "never logs a key or a secret",
    run: async (bench) => {
      const secrets = [
        "sk_live_of_the_log",
        "key-of-the-model",
        "token-of-a-tool",
        "whsec_of_the_answer",
        "header-of-theirs",
      ];
      bench.proxy.plan(
        answer(201, {
          data: { id: "loop_1", signing_secret: secrets[3], model: { api_key: secrets[1] } },
        }),
      );
      const { log, error } = await tell(bench, {
        call: "agent_loops.create",
        params: {
          name: "Loop",
          system_prompt: "You work.",
          user_message: "Work.",
          model: { provider: "openai", name: "gpt", api_key: secrets[1] },
          tools: [
            {
              type: "mcp",
              name: "tools",
              url: "https://tools.example.com",
              headers: { "X-Token": secrets[2] },
            },
          ],
          callback: { url: "https://example.com", headers: { "X-Mine": secrets[4] } },
        },
        client: { api_key: String(secrets[0]), log: "debug" },
      });
      assert.equal(error, undefined);
      const text = log.join("\n");
      assert.match(text, /You work/);
      for (const secret of secrets) {
        assert.ok(!text.includes(secret), `${secret} stands in ${text}`);
      }
    },
  },
];
