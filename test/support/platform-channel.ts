import { afterAll, beforeAll, beforeEach } from "@jest/globals";
import { type PlatformName, platforms } from "#shared/platforms/catalogue";
import type { Id } from "#shared/runtime/ids";
import { created } from "./make.ts";
import type { FakePlatform } from "./platform-case.ts";
import type { TestPlatform, TestTeam } from "./test-platform.ts";

const publicUrl = "https://chat.example.com";

/** Does something while platforms could call this one. */
export async function withPublicUrl<T>(run: () => Promise<T>): Promise<T> {
  const { PUBLIC_URL } = process.env;
  process.env["PUBLIC_URL"] = publicUrl;
  try {
    return await run();
  } finally {
    Object.assign(process.env, { PUBLIC_URL });
  }
}

/**
 * A server of a platform for the tests of a file, one for each test, and an address of ours that it could call. Called
 * after `usePlatform`.
 */
export function useFake<F extends FakePlatform>(
  name: PlatformName,
  start: () => Promise<F>,
): { readonly fake: F } {
  const holder: { fake?: F } = {};
  const before = { ...process.env };
  beforeAll(() => {
    process.env["PUBLIC_URL"] = publicUrl;
  });
  beforeEach(async () => {
    await holder.fake?.close();
    holder.fake = await start();
    process.env[platforms[name].base_url.variable] = holder.fake.url;
  });
  afterAll(async () => {
    await holder.fake?.close();
    process.env = before;
  });
  return {
    get fake() {
      // Tests run after it was started.
      return holder.fake!;
    },
  };
}

/** A team with a bot, and how it makes a channel of a platform. */
export async function aBotFor(
  platform: TestPlatform,
  type: PlatformName,
  usual: Readonly<Record<string, string>>,
  team?: TestTeam,
) {
  const { id: team_id, key } = team ?? (await platform.team());
  const bot_id = await created<"bot">(platform, "createBot", {
    as: key,
    body: { name: "Concierge" },
  });
  return {
    team_id,
    key,
    bot_id,
    create: (credentials: unknown = usual, headers: Record<string, string> = {}) =>
      platform.call("createChannel", {
        as: key,
        params: { bot_id },
        headers,
        body: { type, credentials },
      }),
    read: async (id: Id<"ch">) =>
      (await platform.call("getChannel", { as: key, params: { id } })).body.data,
    call: (operationId: string, id: string, body?: unknown) =>
      platform.call(operationId, { as: key, params: { id }, body }),
  };
}
