import type { Fault } from "../proxy.ts";

export const bot = { id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab", name: "A bot" };
export const get = { call: "bots.get", args: [bot.id] };
export const create = { call: "bots.create", params: { name: "A bot" } };
export const remove = { call: "bots.delete", args: [bot.id] };

export const answer = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Fault => ({
  kind: "answer",
  status,
  body,
  headers,
});
export const ok = answer(200, { data: bot });
export const fails = (
  status: number,
  code = "some_code",
  headers: Readonly<Record<string, string>> = {},
): Fault =>
  answer(status, { error: { code, message: "It failed.", request_id: "req_1" } }, headers);
