import type { Id } from "#shared/runtime/ids";
import type { FakeBackend } from "./fake-backend.ts";
import { aBot } from "./make.ts";
import type { TestPlatform } from "./test-platform.ts";

/** A webhook of a new team that calls a backend, and how it is tested. */
export async function testedWebhook(
  platform: TestPlatform,
  backend: Pick<FakeBackend, "url">,
  fields: Readonly<Record<string, unknown>> = {},
  settings: Readonly<Record<string, unknown>> = {},
) {
  const team = await platform.team();
  const { key: as } = team;
  const bot_id = await aBot(platform, as, { settings });
  const { body } = await platform.call("createIntegration", {
    as,
    params: { bot_id },
    body: { name: "Backend", url: `${backend.url}/chat?tenant=1`, ...fields },
  });
  const id: Id<"int"> = body.data.id;
  const secret: string = body.data.signing_secret;
  return {
    team,
    bot_id,
    id,
    secret,
    test: (given?: unknown, headers: Record<string, string> = {}) =>
      platform.call("testIntegration", { as, params: { id }, body: given, headers }),
  };
}
