import type { SdkModel } from "#lib/sdk/model";
import type { Ground } from "./bench.ts";
import { startPlatform } from "./platform.ts";
import { startProxy } from "./proxy.ts";

/** Places to try an SDK, each with a platform and proxies of its own: what is done on two of them goes side by side. */
export interface Grounds {
  /** Waits for one that is free. What takes long is begun before all else that waits, so that it is not the last to end. */
  lend<T>(work: (ground: Ground) => Promise<T>, takesLong?: boolean): Promise<T>;
  close(): Promise<void>;
}

/** Opens so many. */
export async function openGrounds(model: SdkModel, count: number): Promise<Grounds> {
  const all = await Promise.all(Array.from({ length: count }, () => open(model)));
  const free: Ground[] = all.map(({ ground }) => ground);
  const waiting: ((ground: Ground) => void)[] = [];
  return {
    lend: async (work, takesLong = false) => {
      const ground =
        free.shift() ??
        (await new Promise<Ground>((done) =>
          takesLong ? waiting.unshift(done) : waiting.push(done),
        ));
      try {
        return await work(ground);
      } finally {
        const next = waiting.shift();
        if (next) next(ground);
        else free.push(ground);
      }
    },
    close: async () => {
      await Promise.all(all.map(({ close }) => close()));
    },
  };
}

async function open(model: SdkModel) {
  const platform = await startPlatform();
  const proxy = await startProxy(() => platform.url());
  const elsewhere = await startProxy(() => "http://127.0.0.1:1");
  const ground: Ground = { model, platform, proxy, elsewhere };
  const close = async () => {
    await Promise.all([proxy.close(), elsewhere.close(), platform.stop()]);
  };
  return { ground, close };
}
