import { expect, it } from "@jest/globals";
import { hearEveryone } from "#shared/runtime/announce";
import { answers, startFakeBackend } from "#test/support/fake-backend";
import { anExecution } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

it("Where everyone is in one process, a cancellation ends the call of a model at once", async () => {
  hearEveryone();
  const { key } = await platform.team();
  const model = await startFakeBackend();
  const left = Promise.withResolvers<void>();
  model.answer(answers.hangUntil(left.resolve));
  try {
    const { id } = await anExecution(platform, key, {
      model: { provider: "openai", name: "m", base_url: `${model.url}/v1` },
    });
    const settled = platform.settle();
    await model.received(1);
    const { body } = await platform.call("cancelExecution", { as: key, params: { id } });
    expect(body.data.status).toBe("cancelled");
    await Promise.all([settled, left.promise]);
    expect(model.requests).toHaveLength(1);
  } finally {
    await model.close();
  }
});
