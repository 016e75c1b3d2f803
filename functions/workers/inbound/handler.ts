import { liveBlobs } from "#shared/blobs/live-blobs";
import { answerConversation, type AnswerDeps } from "#shared/conversations/answer-conversation";
import { createConversationStore } from "#shared/conversations/conversation-store";
import { createReplyStore } from "#shared/conversations/reply-store";
import { createFileStore } from "#shared/files/file-store";
import { liveFileRoom } from "#shared/files/live-file-room";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { createCallModel } from "#shared/models/create-call-model";
import { liveSafeFetch } from "#shared/outbound/live-safe-fetch";
import { type Consume, serveWorker } from "#shared/queue/serve-worker";
import { publicUrl } from "#shared/runtime/public-url";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveWorker } from "#shared/work/live-worker";
import { workOn } from "#shared/work/work-on";
import { worker } from "./worker.ts";

export const consume =
  (deps: AnswerDeps): Consume<typeof worker> =>
  ({ message, deadline, setVisibility }) =>
    workOn(deps, message, setVisibility, answerConversation(deps, deadline));

export const handler = serveWorker(worker, () => {
  const work = liveWorker(worker);
  return consume({
    ...work,
    conversations: createConversationStore(work.table),
    replies: createReplyStore(work.table),
    integrations: createIntegrationStore(work.table),
    files: createFileStore({ table: work.table, blobs: liveBlobs }),
    fileRoom: liveFileRoom(),
    publicUrl,
    secrets: liveTeamSecrets(),
    fetch: liveSafeFetch,
    callModel: createCallModel({ fetch: liveSafeFetch }),
  });
});
