import { usageParts } from "../figures/count-usage.ts";
import { figuresPart } from "../figures/figures.ts";
import type { BackendAnswer } from "../integrations/backend-answer.ts";
import { failurePart } from "../integrations/health.ts";
import type { StoredIntegration } from "../integrations/integration.ts";
import { asIntegration } from "../integrations/integration-store.ts";
import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import { derivedId } from "../runtime/derived-id.ts";
import type { Id } from "../runtime/ids.ts";
import { equals } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Operation, Table } from "../table/table.ts";
import { reportParts, wakeDeliveries } from "../webhooks/report-event.ts";
import { readWanting } from "../webhooks/webhook-store.ts";
import type { Lease } from "../work/lease.ts";
import type { IntegrationFailed } from "./conversation-events.ts";
import type { StoredMessage } from "./message.ts";

/** A backend that gave no answer to a question. */
export interface Failure {
  readonly question: StoredMessage;
  readonly integration: StoredIntegration;
  /** Those that had failed for this question before. */
  readonly failed: readonly Id<"int">[];
  readonly answer: Extract<BackendAnswer, { readonly ok: false }>;
  readonly fallback_used: boolean;
}

/**
 * So often is tried to write into the row of the integration, which is one for all conversations of a bot. However many
 * fail at once, each time one of them is counted, and five of them have it skipped.
 */
const mostTries = 5;

/**
 * Writes down that a backend failed, in one transaction by who has the lease: that it is not asked about this question
 * again, what is counted, what its integration shows, and the event for those endpoints that want it.
 */
export async function recordFailure(
  deps: RecordFailureDeps,
  lease: Lease<"conversation">,
  failure: Failure,
): Promise<"recorded" | "lost"> {
  const { team_id } = lease.ref;
  const { integration, answer, question } = failure;
  const now = deps.clock();
  const { parts, delivery_ids } = await partsOf(deps, lease, failure, now);
  const work: Operation = {
    update: lease.key,
    change: {
      set: {
        failed_backends: {
          question: question.number,
          integration_ids: [...failure.failed, integration.id],
        },
      },
    },
    condition: equals("lease_token", lease.token),
  };
  const shownIn = (seen: StoredIntegration | undefined) =>
    failurePart(team_id, integration, seen, answer.message, now);
  /** The row of the integration as it refused its part. */
  let refused: { readonly seen: StoredIntegration | undefined } | undefined;
  const write = async (how: "transact" | "transactOnce", shown: Operation | undefined) => {
    const outcome = await deps.table[how]({ work, integration: shown }, parts);
    if (outcome.applied) return "recorded";
    const { failed } = outcome;
    if (failed.work) return "lost";
    if (failed.integration) {
      refused = { seen: asIntegration(failed.integration.item) };
      return undefined;
    }
    // The event is there: this failure was told, and counted, before others of the turn were erased.
    const { applied } = await deps.table.transact({ work });
    return applied ? "recorded" : "lost";
  };
  let tried = 0;
  const outcome = shownIn(integration)
    ? await overChanges(["integration", integration.id], async (isOld) => {
        // Of many that waited for the same backend, those that come late find nothing to write.
        const { seen } = (!isOld && refused) || { seen: await read(deps, team_id, integration) };
        return write("transactOnce", ++tried > mostTries ? undefined : shownIn(seen));
      })
    : ((await write("transact", undefined)) ?? "lost");
  if (outcome === "recorded") await wakeDeliveries(deps, team_id, delivery_ids);
  return outcome;
}

export interface RecordFailureDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
}

const read = async (
  { table }: RecordFailureDeps,
  teamId: Id<"team">,
  { bot_id, id }: StoredIntegration,
) => asIntegration(await table.get(keys.integration(teamId, bot_id, id)));

/** What is counted and told of a failure. */
async function partsOf(
  { table }: RecordFailureDeps,
  { ref: { team_id } }: Lease<"conversation">,
  { question, integration, failed, answer, fallback_used }: Failure,
  now: number,
) {
  const { code, message, status } = answer;
  const { conversation_id } = question;
  const webhooks = await readWanting(table, team_id, "integration.failed");
  const data: IntegrationFailed = {
    integration_id: integration.id,
    bot_id: integration.bot_id,
    conversation_id,
    message_id: question.id,
    error: { code, message, status },
    fallback_used,
  };
  const about = [question.id, integration.id, "integration.failed"];
  const report = reportParts(team_id, webhooks, {
    id: derivedId("evt", Date.parse(question.created_at), ...about),
    type: "integration.failed",
    at: now,
    data,
  });
  const { delivery_ids } = report;
  const counted = { bot_id: integration.bot_id, integration_id: integration.id, conversation_id };
  const figures = figuresPart(team_id, counted, now, {
    [`failed_${code}`]: 1,
    ...(failed.length === 0 && { asked_first: 1 }),
  });
  const deliveries = { at: now, counts: { deliveries: delivery_ids.length } };
  const usage = usageParts(team_id, conversation_id, [deliveries]);
  return { parts: { figures, ...usage, ...report.parts }, delivery_ids };
}
