import { expect, it } from "@jest/globals";
import { hearEveryone } from "#shared/runtime/announce";
import { startFakeBackend } from "#test/support/fake-backend";
import { anExecution } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

it("Where everyone is in one process, a cancellation ends the call of a model at once", async () => {
  hearEveryone();
  const { key } = await platform.team();
  const model = await startFakeBackend();
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  model.answer((_, response) => {
    response.once("close", left.resolve);
    asked.resolve();
  });
  try {
    const { id } = await anExecution(platform, key, {
      model: { provider: "openai", name: "m", base_url: `${model.url}/v1` },
    });
    const settled = platform.settle();
    await asked.promise;
    const { body } = await platform.call("cancelExecution", { as: key, params: { id } });
    expect(body.data.status).toBe("cancelled");
    await Promise.all([settled, left.promise]);
    expect(model.requests).toHaveLength(1);
  } finally {
    await model.close();
  }
});
