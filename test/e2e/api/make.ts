import { setTimeout as sleep } from "node:timers/promises";
import * as one from "#lib/one-of-each";
import type { BlackBox, BoxRequest } from "#test/support/black-box";
import { askAs } from "#test/support/one-of-each";

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
export const makeBot = async (box: BlackBox, name?: string) =>
  (await one.makeBot(askAs(box, box.keys.first), name === undefined ? {} : { name })).id;

/** Makes a bot with a web channel. */
export const makeWebBot = (box: BlackBox, name?: string) =>
  one.makeWebBot(askAs(box, box.keys.first), name === undefined ? {} : { name });

/**
 * Asks until the answer is as wanted: lists may lag a write by about a second, and functions start slowly where much else
 * is done. Gives the last answer.
 */
export async function eventually<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  seconds = 30,
): Promise<T> {
  const end = performance.now() + seconds * 1_000;
  let answer = await ask();
  while (!isWanted(answer) && performance.now() < end) {
    await sleep(200);
    answer = await ask();
  }
  return answer;
}
