import {
  loopSecretPlace,
  type SealedHeaders,
  type StoredAgentLoop,
} from "../agent-loops/agent-loop.ts";
import type { ModelCall } from "../models/call-model.ts";
import type { Id } from "../runtime/ids.ts";
import type { Sealed } from "../secrets/sealed.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import type { OpenedTool } from "../tools/tool-box.ts";
import type { ExecutionSettings } from "./execution.ts";

/** An execution's model and tools with their secrets opened. */
export interface OpenedSettings {
  readonly model: ModelCall["model"];
  readonly tools: readonly OpenedTool[];
}

/**
 * Opens the secrets that an execution uses. It keeps the settings of its start, but a secret that the loop has
 * under the same name now, for the same server, is the one that counts, so that a rotated key works at once.
 */
export async function openSettings(
  secrets: TeamSecrets,
  teamId: Id<"team">,
  { loopId, settings, loop }: SealedSettings,
): Promise<OpenedSettings> {
  const open = (field: string, sealed: Sealed) =>
    secrets.open(teamId, loopSecretPlace(loopId, field), sealed);
  const openAll = async (place: string, headers: SealedHeaders, current: SealedHeaders = {}) => {
    const opened = Object.entries(headers).map(async ([name, sealed]) => {
      const now = Object.hasOwn(current, name) ? (current[name] ?? sealed) : sealed;
      return [name, await open(`${place}.headers.${name}`, now)] as const;
    });
    return Object.fromEntries(await Promise.all(opened));
  };

  const { model } = settings;
  const isSameModel =
    loop?.model.provider === model.provider && loop.model.base_url === model.base_url;
  const current = isSameModel ? loop.model : undefined;
  const apiKey = current?.api_key ?? model.api_key;
  const openTools = settings.tools.map(async (tool): Promise<OpenedTool> => {
    if (tool.type !== "mcp") return tool;
    const now = loop?.tools.find((one) => one.type === "mcp" && one.name === tool.name);
    const headers = now?.type === "mcp" && now.url === tool.url ? now.headers : {};
    return { ...tool, headers: await openAll(`tools.${tool.name}`, tool.headers, headers) };
  });
  // Together: one that fails while nobody waits for it would end the process.
  const [api_key, headers, tools] = await Promise.all([
    apiKey && open("model.api_key", apiKey),
    openAll("model", model.headers, current?.headers),
    Promise.all(openTools),
  ]);
  return { model: { ...model, api_key, headers }, tools };
}

interface SealedSettings {
  readonly loopId: Id<"loop">;
  readonly settings: ExecutionSettings;
  /** The loop as it is now, if it is still there. */
  readonly loop: StoredAgentLoop | undefined;
}
