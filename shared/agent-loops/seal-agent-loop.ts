import type { Id } from "../runtime/ids.ts";
import { sealMap } from "../secrets/seal-map.ts";
import type { Sealed } from "../secrets/sealed.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import {
  type AgentLoopInput,
  type AgentLoopPatch,
  loopSecretPlace,
  type SealedHeaders,
  type StoredAgentLoop,
  type StoredModel,
  type StoredTool,
} from "./agent-loop.ts";

/** Seals what a loop is given; a value that equals the mask of the stored one keeps that. */
export function loopSealer(
  secrets: TeamSecrets,
  teamId: Id<"team">,
  loopId: Id<"loop">,
  stored: StoredAgentLoop | undefined,
) {
  const headers = (
    place: string,
    given: Readonly<Record<string, string>>,
    before: SealedHeaders = {},
  ) =>
    sealMap(secrets, teamId, given, before, (name) =>
      loopSecretPlace(loopId, `${place}.headers.${name}`),
    );

  return {
    model: async (given: NonNullable<AgentLoopPatch["model"]>): Promise<StoredModel> => {
      const before = stored?.model;
      const { api_key, ...plain } = given;
      const known: Record<string, Sealed> = before?.api_key ? { api_key: before.api_key } : {};
      const fresh: Record<string, string> = api_key ? { api_key } : {};
      const place = () => loopSecretPlace(loopId, "model.api_key");
      // Left out, it is kept.
      const key =
        api_key === undefined ? known : await sealMap(secrets, teamId, fresh, known, place);
      return { ...plain, ...key, headers: await headers("model", given.headers, before?.headers) };
    },

    tools: (given: AgentLoopInput["tools"]): Promise<StoredTool[]> =>
      Promise.all(
        given.map(async (tool): Promise<StoredTool> => {
          if (tool.type !== "mcp") return tool;
          const before = stored?.tools.find(
            (other) => other.type === "mcp" && other.name === tool.name,
          );
          const known = before?.type === "mcp" ? before.headers : {};
          return { ...tool, headers: await headers(`tools.${tool.name}`, tool.headers, known) };
        }),
      ),

    callbackHeaders: (given: Readonly<Record<string, string>>) =>
      headers("callback", given, stored?.callback?.headers),

    signingSecret: (secret: string) =>
      secrets.seal(teamId, loopSecretPlace(loopId, "callback.signing_secret"), secret),
  };
}
