import * as v from "valibot";
import { BackendErrorCode } from "../integrations/backend-error-code.ts";
import { Integration } from "../integrations/integration.ts";
import { day, id, shownTime } from "../schema/fields.ts";
import { Count, Tokens } from "./count.ts";

const Part = v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1)));

/** A rate with what is known of the true one. */
const Rate = v.pipe(
  v.object({
    value: v.pipe(Part, v.description("The rate as it was counted, from 0 to 1.")),
    low: v.pipe(Part, v.description("The least that the true rate is likely to be.")),
    high: v.pipe(Part, v.description("The most that the true rate is likely to be.")),
  }),
  v.description(
    "Between `low` and `high` lies the true rate with a confidence of 95 % (Wilson): where the ranges of two integrations overlap, more messages are needed to tell them apart. All null where nothing was counted.",
  ),
  v.title("Rate"),
);

const counted = {
  attempts: v.pipe(Count, v.description("How often it was asked: replies and failures.")),
  failures: v.pipe(
    v.object(
      v.entriesFromList(
        BackendErrorCode.options,
        v.pipe(Count, v.description("How often it failed in this way.")),
      ),
    ),
    v.title("FailureCounts"),
    v.description("How often it gave no answer, by why."),
  ),
  replies: v.pipe(Count, v.description("How often it answered.")),
  fallbacks: v.pipe(Count, v.description("Those of the replies that it gave in place of another.")),
  answer_rate: v.pipe(Rate, v.description("How many of the attempts were answered.")),
  latency_ms: v.pipe(
    v.object({
      p50: v.pipe(v.nullable(Count), v.description("What half of the replies took at most.")),
      p95: v.pipe(v.nullable(Count), v.description("What 95 % of the replies took at most.")),
    }),
    v.title("LatencyOfReplies"),
    v.description(
      "How long half of the replies, and 95 % of them, were waited for at most. Counted in buckets, each of which ends a fifth above the one before, and estimated within its bucket. Null without replies.",
    ),
  ),
  tokens: v.pipe(Tokens, v.description("What models read and wrote, as backends tell it.")),
  feedback: v.pipe(
    v.object({
      up: v.pipe(Count, v.description("How many replies were rated `up`.")),
      down: v.pipe(Count, v.description("How many replies were rated `down`.")),
      rate: v.pipe(Rate, v.description("`up` of all that were rated.")),
    }),
    v.title("FeedbackCounts"),
    v.description("On the replies of these days, whenever it was given."),
  ),
};

/** What was counted of one integration. */
const ReportedIntegration = v.pipe(
  v.object({
    integration_id: id("int"),
    name: v.pipe(
      v.nullable(Integration.entries.name),
      v.description("Null for one that was deleted since."),
    ),
    type: v.nullable(Integration.entries.type),
    share: v.pipe(
      v.object({
        wanted: v.pipe(Part, v.description("What the weights give it, as they are now.")),
        got: v.pipe(
          Part,
          v.description("Of all messages, those that were to be answered by it first."),
        ),
      }),
      v.title("ShareOfMessages"),
      v.description(
        "Null where there is nothing to divide. What is skipped for its health, and conversations that stay with a backend, make the two differ.",
      ),
    ),
    ...counted,
  }),
  v.title("IntegrationReport"),
  v.description("How one integration did on these days."),
);

/** What was counted of a bot's integrations, as the API shows it. */
export const BotReport = v.pipe(
  v.object({
    from: v.pipe(day, v.description("The first of the days, in UTC.")),
    to: v.pipe(day, v.description("The last of the days, itself included.")),
    weights_since: v.pipe(
      v.nullable(shownTime),
      v.description(
        "Since when the weights are as they are: the last time that an integration was made, or its `weight`, `status` or `fallback` changed; of a deleted one the end of the last of these days on which it was asked. Shares are only as wanted from the day after: ask for a report from then on. Null for a bot without integrations.",
      ),
    ),
    integrations: v.pipe(
      v.array(ReportedIntegration),
      v.description(
        "Newest first; then those that were deleted since and were asked in this time, the newest 100 of them.",
      ),
    ),
    unanswered: v.pipe(
      Count,
      v.description("How often the bot's error message was sent, because nobody answered."),
    ),
    total: v.pipe(
      v.object(counted),
      v.title("ReportTotal"),
      v.description("Of all integrations; with the feedback on the bot's error messages."),
    ),
  }),
  v.title("BotReport"),
  v.description("How the integrations of a bot did on these days."),
);
export type BotReport = v.InferOutput<typeof BotReport>;
