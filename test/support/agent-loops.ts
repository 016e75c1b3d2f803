import type { TestPlatform } from "./test-platform.ts";

/** The least that makes a loop. */
export const loopBody = {
  name: "Report",
  system_prompt: "You write reports.",
  user_message: "Report the sales.",
};

/** A loop made over the API, with its secret if it has a callback. */
export async function aLoop(platform: TestPlatform, as: string, body: object = {}) {
  const answer = await platform.call("createAgentLoop", { as, body: { ...loopBody, ...body } });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.data as { readonly id: string; readonly signing_secret: string | null };
}

/** An execution of a new loop, not yet worked on. */
export async function anExecution(
  platform: TestPlatform,
  as: string,
  loop: object = {},
  run?: object,
) {
  const { id } = await aLoop(platform, as, loop);
  const answer = await platform.call("runAgentLoop", { as, params: { id }, body: run ?? {} });
  if (answer.status !== 201) throw new Error(answer.text);
  return { loop_id: id, id: answer.body.data.id as string };
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
