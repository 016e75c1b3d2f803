import { ApiError, notFound } from "../errors/api-error.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Mint } from "../runtime/mint.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { limits } from "../teams/team.ts";
import type { BotStore } from "../bots/bot-store.ts";
import { checkIntegration } from "./check-integration.ts";
import { type IntegrationInput, shownIntegration } from "./integration.ts";
import type { IntegrationStore } from "./integration-store.ts";
import { newIntegration } from "./new-integration.ts";
import { sealMap } from "../secrets/seal-map.ts";
import { headerPlace, signingSecretPlace } from "./secret-places.ts";

export interface CreateIntegrationDeps {
  readonly bots: BotStore;
  readonly integrations: IntegrationStore;
  readonly secrets: TeamSecrets;
  readonly allowPrivate: () => boolean;
}

/** Adds a backend to a bot. The signing secret is in this answer and never again. */
export async function createIntegration(
  { bots, integrations, secrets, allowPrivate }: CreateIntegrationDeps,
  teamId: string,
  botId: string,
  input: IntegrationInput,
  mint: Mint,
) {
  checkIntegration(input.type, input, { url: null, headers: {} }, allowPrivate());
  const id = mint.id("int");
  const [bot, others] = await Promise.all([
    bots.find(teamId, botId),
    integrations.list(teamId, botId),
  ]);
  if (!bot) throw notFound();
  if (others.filter((other) => other.id !== id).length >= limits.integrations_per_bot) {
    throw new ApiError(
      "conflict",
      `A bot can have ${limits.integrations_per_bot} integrations. Delete one to make another.`,
    );
  }
  const secret = input.type === "webhook" ? signingSecret(mint.bytes()) : null;
  const integration = {
    ...newIntegration({
      id,
      bot_id: botId,
      name: input.name,
      type: input.type,
      at: isoTime(mint.now),
    }),
    ...input,
    headers: await sealMap(secrets, teamId, input.headers, {}, (name) => headerPlace(id, name)),
    ...(secret !== null && {
      signing_secret: await secrets.seal(teamId, signingSecretPlace(id), secret),
    }),
  };
  if ((await integrations.insert(teamId, integration)) === "bot_gone") throw notFound();
  return { ...shownIntegration(integration), signing_secret: secret };
}
