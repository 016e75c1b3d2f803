import * as v from "valibot";
import { hookGrants, hookRoute } from "#shared/channels/hook-route";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  ...hookRoute,
  operationId: "receiveSlackEvent",
  path: "/v1/hooks/slack/{channel_id}",
  summary: "Receive what Slack sends to a channel",
  description:
    "Slack calls this address, and nobody else has to. A message is kept exactly once, however often and under however many events it comes, and is answered by the bot afterwards. Whatever a call with the right signature holds, it is answered with 200; one that was signed more than five minutes ago is refused. Slack's question whether the address is ours is answered with its `challenge`.",
  auth: { signed: "Slack" },
  headers: ["x-slack-request-timestamp", "x-slack-signature"],
  data: v.union([
    v.string(),
    v.pipe(
      v.object({
        challenge: v.pipe(v.string(), v.description("What Slack sent, to prove that it arrived.")),
      }),
      v.title("SlackChallengeAnswer"),
      v.description("What Slack is told when it asks whether the address is ours."),
    ),
  ]),
  grants: { ...hookGrants, key: ["open"] },
});
