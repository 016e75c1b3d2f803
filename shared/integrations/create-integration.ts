import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import type { BotStore } from "../bots/bot-store.ts";
import { notFound } from "../errors/api-error.ts";
import { checkRoom } from "../errors/check-room.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { sealMap } from "../secrets/seal-map.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { overChanges } from "../table/over-changes.ts";
import { checkIntegration } from "./check-integration.ts";
import {
  auditedIntegration,
  changedSettings,
  type IntegrationInput,
  shownIntegration,
} from "./integration.ts";
import type { IntegrationStore } from "./integration-store.ts";
import { rulesOf } from "./integration-types.ts";
import { newIntegration } from "./new-integration.ts";
import { headerPlace, signingSecretPlace } from "./secret-places.ts";

/** Adds a backend to a bot. The signing secret is in this answer and never again. */
export async function createIntegration(
  deps: CreateIntegrationDeps,
  by: Actor,
  botId: Id<"bot">,
  input: IntegrationInput,
  mint: Mint,
) {
  const { integrations, secrets } = deps;
  const teamId = by.team_id;
  checkIntegration(input.type, input, null, deps.allowPrivate());
  const { model, settings, ...given } = input;
  const id = mint.id("int");
  const secret = rulesOf(input.type).is_signed ? signingSecret(mint.bytes()) : null;
  return overChanges(["bot", botId], async () => {
    const bot = await deps.bots.find(teamId, botId);
    if (!bot) throw notFound();
    checkRoom("integrations", await deps.integrations.list(teamId, botId), id);
    const integration = {
      ...newIntegration({
        id,
        bot_id: botId,
        name: input.name,
        type: input.type,
        at: isoTime(mint.now),
      }),
      ...given,
      ...(model !== null && { model, settings: changedSettings({}, settings) }),
      headers: await sealMap(secrets, teamId, input.headers, {}, (name) => headerPlace(id, name)),
      ...(secret !== null && {
        signing_secret: await secrets.seal(teamId, signingSecretPlace(id), secret),
      }),
    };
    const audit = auditPart(by, mint, {
      action: "integration.created",
      resource_id: id,
      before: null,
      after: auditedIntegration(integration),
    });
    const outcome = await integrations.insert(teamId, integration, bot, audit);
    if (outcome === "gone") throw notFound();
    if (outcome === "changed") return undefined;
    return { ...shownIntegration(integration), signing_secret: secret };
  });
}

export interface CreateIntegrationDeps {
  readonly bots: BotStore;
  readonly integrations: IntegrationStore;
  readonly secrets: TeamSecrets;
  readonly allowPrivate: () => boolean;
}
