import type { StoredHook } from "#shared/channels/hook";
import { verifyHook } from "#shared/channels/verify-hook";
import { receiveCall } from "#shared/conversations/receive-call";
import type { ReceiveDeps } from "#shared/conversations/receive-events";
import type { Handle } from "#shared/http/define-route";
import { hookReply } from "#shared/http/hook-reply";
import { serveSigned } from "#shared/http/serve-signed";
import { inbound } from "#shared/platforms/telegram/inbound";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: ReceiveDeps): Handle<typeof route, StoredHook> =>
  async (call) =>
    hookReply(await receiveCall(deps, inbound, call));

export const handler = serveSigned(route, () => handle(liveWork()), {
  verify: () => verifyHook(liveWork(), "telegram", inbound),
});
