import { afterAll, beforeAll, beforeEach } from "@jest/globals";
import { type PlatformName, platforms } from "#shared/platforms/catalogue";
import type { FakePlatform } from "./platform-case.ts";

const publicUrl = "https://chat.example.com";

/** Does something while platforms could call this one. */
export async function withPublicUrl<T>(run: () => Promise<T>): Promise<T> {
  const { PUBLIC_URL } = process.env;
  process.env["PUBLIC_URL"] = publicUrl;
  try {
    return await run();
  } finally {
    setVariable("PUBLIC_URL", PUBLIC_URL);
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
  const { variable } = platforms[name].base_url;
  const before = [process.env["PUBLIC_URL"], process.env[variable]] as const;
  beforeAll(() => {
    process.env["PUBLIC_URL"] = publicUrl;
  });
  beforeEach(async () => {
    await holder.fake?.close();
    holder.fake = await start();
    process.env[variable] = holder.fake.url;
  });
  afterAll(async () => {
    await holder.fake?.close();
    setVariable("PUBLIC_URL", before[0]);
    setVariable(variable, before[1]);
  });
  return {
    get fake() {
      // Tests run after it was started.
      return holder.fake!;
    },
  };
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
