import { type Made, makeAgentLoop, makeExecution } from "#lib/one-of-each";
import { askAs } from "./one-of-each.ts";
import type { TestPlatform } from "./test-platform.ts";

/** A loop made over the API, with its secret if it has a callback. */
export async function aLoop(platform: TestPlatform, as: string, body: object = {}) {
  const loop = await makeAgentLoop(askAs(platform, as), { ...body });
  return loop as Made & { readonly signing_secret: string | null };
}

/** An execution of a new loop, not yet worked on. */
export async function anExecution(
  platform: TestPlatform,
  as: string,
  loop: object = {},
  run?: object,
) {
  const { id: loop_id } = await aLoop(platform, as, loop);
  return { loop_id, id: (await makeExecution(askAs(platform, as), loop_id, { ...run })).id };
}

/** The delivery of the callback to this URL, sent once, of an execution that has ended. */
export async function aDelivery(
  platform: TestPlatform,
  as: string,
  callback_url: string,
): Promise<string> {
  const { id } = await anExecution(platform, as, { callback: { url: callback_url } });
  await platform.settle();
  const { body } = await platform.call("getExecution", { as, params: { id } });
  return body.data.callback_delivery_id;
}
