import * as v from "valibot";
import { hookGrants, hookRoute } from "#shared/channels/hook-route";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  ...hookRoute,
  operationId: "receiveDiscordInteraction",
  path: "/v1/hooks/discord/{channel_id}",
  summary: "Receive what Discord sends to a channel",
  description:
    "Discord calls this address, and nobody else has to. A command is kept exactly once and answered by the bot afterwards: at once Discord is told that the bot is thinking, or that it is not available where no answer will come. Its question whether the address is ours is answered; a call that was not signed with the application's key, or more than five minutes ago, is refused.",
  auth: { signed: "Discord" },
  headers: ["x-signature-timestamp", "x-signature-ed25519"],
  data: v.union([
    v.string(),
    v.pipe(
      v.object({
        type: v.pipe(v.number(), v.description("What kind of answer it is, as Discord counts.")),
        data: v.pipe(v.optional(v.unknown()), v.description("What Discord shows, if anything.")),
      }),
      v.title("DiscordInteractionAnswer"),
      v.description("What Discord is told at once of an interaction."),
    ),
  ]),
  grants: hookGrants,
});
