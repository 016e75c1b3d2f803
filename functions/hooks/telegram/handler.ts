import { asHook, type StoredHook } from "#shared/channels/hook";
import { type ReceiveDeps, receiveEvents } from "#shared/conversations/receive-events";
import { notFound } from "#shared/errors/api-error";
import type { Handle, Verify } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import type { Verifier } from "#shared/platforms/adapter";
import { inbound } from "#shared/platforms/telegram/inbound";
import { keys } from "#shared/table/keys";
import { liveTable } from "#shared/table/live-table";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

const verify = (): Verify<typeof route, StoredHook> => {
  const table = liveTable();
  return async ({ params, headers, raw }) => {
    const hook = asHook(await table.get(keys.hook(params.channel_id)));
    if (hook?.type !== "telegram") throw notFound();
    // It is stored open: the catalogue says that Telegram's is no secret.
    const verifier = hook.verifier as Verifier;
    return inbound.verify({ headers, body: raw }, verifier) ? hook : undefined;
  };
};

export const handle =
  (deps: ReceiveDeps): Handle<typeof route, StoredHook> =>
  async ({ sender: hook, headers, raw, mint }) => {
    const context = { account: hook.account, now: mint.now };
    const { events } = inbound.parse({ headers, body: raw }, context);
    await receiveEvents(deps, hook, events, mint);
    return { raw: "", contentType: "text/plain; charset=utf-8" };
  };

export const handler = serve(route, () => handle(liveWork()), { verify });
