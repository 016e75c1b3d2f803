import { answerHandshake } from "#shared/channels/verify-hook";
import type { Handle } from "#shared/http/define-route";
import { hookReply } from "#shared/http/hook-reply";
import { serveSigned } from "#shared/http/serve-signed";
import { inbound } from "#shared/platforms/whatsapp/inbound";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (): Handle<typeof route, string> =>
  async ({ sender: challenge }) =>
    hookReply({ text: challenge });

export const handler = serveSigned(route, handle, {
  verify: () =>
    answerHandshake({ table: liveTable(), secrets: liveTeamSecrets() }, "whatsapp", inbound),
});
