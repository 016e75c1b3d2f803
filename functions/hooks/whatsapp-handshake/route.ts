import * as v from "valibot";
import { hookRoute } from "#shared/channels/hook-route";
import { defineRoute } from "#shared/http/define-route";

const { tag, params, answers, refusals, status } = hookRoute;

export const route = defineRoute({
  operationId: "answerWhatsAppHandshake",
  method: "GET",
  path: "/v1/hooks/whatsapp/{channel_id}",
  tag,
  summary: "Tell WhatsApp that a channel's hook is ours",
  description:
    "Meta asks this when a channel is connected, and nobody else has to. Who has the token of the hook gets the challenge back, as plain text.",
  auth: { signed: "WhatsApp" },
  params,
  query: v.object({
    "hub.mode": v.pipe(
      v.optional(v.string()),
      v.description("What Meta wants to do, which is `subscribe`."),
    ),
    "hub.challenge": v.pipe(
      v.optional(v.string()),
      v.description("What comes back as the answer, to prove that it arrived."),
    ),
    "hub.verify_token": v.pipe(
      v.optional(v.string()),
      v.description("The token of the hook, which only Meta was given."),
    ),
  }),
  answers,
  refusals,
  data: v.string(),
  status,
  errors: ["not_found", "invalid_verify_token"],
  grants: { table: ["GetItem"], key: ["open"] },
});
