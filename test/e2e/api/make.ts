import { setTimeout as sleep } from "node:timers/promises";
import type { BlackBox, BoxRequest } from "#test/support/black-box";

/** Makes something and gives its id. Throws when it is refused. */
export async function make(
  box: BlackBox,
  operationId: string,
  request: BoxRequest,
): Promise<string> {
  const { status, text, body } = await box.call(operationId, request);
  if (status !== 201) throw new Error(`${operationId} answered ${status}: ${text}`);
  return body.data.id;
}

/** Makes a bot and gives its id. */
export const makeBot = (box: BlackBox, name = "Concierge") =>
  make(box, "createBot", { body: { name } });

/** Makes a bot with a web channel. */
export async function makeWebBot(box: BlackBox, name?: string) {
  const bot_id = await makeBot(box, name);
  const body = { type: "web" };
  return { bot_id, channel_id: await make(box, "createChannel", { params: { bot_id }, body }) };
}

/** Asks until the answer is as wanted: lists may lag a write by about a second. Gives the last answer. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  seconds = 10,
): Promise<T> {
  const end = performance.now() + seconds * 1_000;
  let answer = await ask();
  while (!isWanted(answer) && performance.now() < end) {
    await sleep(200);
    answer = await ask();
  }
  return answer;
}
