import { ApiError, type ErrorDetail, invalidRequest } from "../errors/api-error.ts";
import { urlProblem } from "../outbound/url-rules.ts";
import { problemsOfHeaders, problemsOfMasks } from "../schema/reserved-headers.ts";
import { isSameServer, problemsOfNewReceiver } from "../secrets/new-receiver.ts";
import type { Sealed } from "../secrets/sealed.ts";
import type {
  AgentLoopInput,
  AgentLoopPatch,
  SealedHeaders,
  StoredAgentLoop,
} from "./agent-loop.ts";
import { hasPlaces } from "./render-prompt.ts";
import { scheduleProblem } from "./schedule.ts";

type Checked = Pick<
  AgentLoopInput,
  "tools" | "callback" | "schedule" | "system_prompt" | "user_message"
> &
  Required<Pick<AgentLoopPatch, "model">>;

/**
 * Refuses what no single field shows: URLs, reserved headers, secrets that would go to another server, twin tools,
 * schedules that never fire. Throws a 422.
 */
export function checkAgentLoop(
  loop: Partial<Checked>,
  now: number,
  allowPrivate: boolean,
  stored?: StoredAgentLoop,
): void {
  const details: ErrorDetail[] = [];
  const urls: ErrorDetail[] = [];
  const checkUrl = (path: string, url: string | null | undefined) => {
    const message = url ? urlProblem(url, { allowPrivate }) : undefined;
    if (message !== undefined) urls.push({ path, message });
  };
  const checkHeaders = (
    path: string,
    headers: Readonly<Record<string, string>>,
    known: SealedHeaders = {},
    isForSameServer = true,
  ) => {
    details.push(...problemsOfHeaders(path, headers), ...problemsOfMasks(path, headers, known));
    if (!isForSameServer) details.push(...problemsOfNewReceiver(path, headers, known));
  };

  if (loop.model) {
    checkUrl("body.model.base_url", loop.model.base_url);
    const { api_key, headers } = loop.model;
    // Left out, it is kept.
    const given: Record<string, string> | undefined =
      api_key === undefined ? undefined : api_key === null ? {} : { api_key };
    const key = stored?.model.api_key;
    const known: Record<string, Sealed> = key ? { api_key: key } : {};
    const isForSameServer = !stored || isSameModelServer(loop.model, stored.model);
    details.push(...problemsOfMasks("body.model", given ?? {}, known));
    if (!isForSameServer) details.push(...problemsOfNewReceiver("body.model", given, known));
    checkHeaders("body.model.headers", headers, stored?.model.headers, isForSameServer);
  }
  if (loop.callback) {
    checkUrl("body.callback.url", loop.callback.url);
    const { url, headers } = loop.callback;
    const known = stored?.callback;
    const isForSameServer = !known || isSameServer(url, known.url);
    checkHeaders("body.callback.headers", headers, known?.headers, isForSameServer);
  }
  const names = new Set<string>();
  loop.tools?.forEach((tool, index) => {
    const path = `body.tools.${index}`;
    const name = tool.type === "mcp" ? tool.name : tool.type;
    if (names.has(name)) {
      const field = tool.type === "mcp" ? `${path}.name` : `${path}.type`;
      details.push({ path: field, message: `There is another tool with the name ${name}.` });
    }
    names.add(name);
    if (tool.type !== "mcp") return;
    checkUrl(`${path}.url`, tool.url);
    const known = stored?.tools.find((one) => one.type === "mcp" && one.name === tool.name);
    if (known?.type !== "mcp") return checkHeaders(`${path}.headers`, tool.headers);
    const isForSameServer = isSameServer(tool.url, known.url);
    checkHeaders(`${path}.headers`, tool.headers, known.headers, isForSameServer);
  });
  if (loop.schedule) {
    const problem = scheduleProblem(loop.schedule, now);
    if (problem) {
      details.push({ path: `body.schedule.${problem.field}`, message: problem.message });
    }
    const { system_prompt = "", user_message = "" } = loop;
    const isKept = loop.schedule === stored?.schedule;
    for (const [name, prompt] of Object.entries({ system_prompt, user_message })) {
      if (!hasPlaces(prompt)) continue;
      details.push({
        path: isKept ? `body.${name}` : "body.schedule",
        message: `A scheduled run has no variables, and ${name} has {{…}}. Write their values into it.`,
      });
    }
  }
  if (details.length > 0) throw invalidRequest(details);
  if (urls.length > 0) {
    throw new ApiError("url_not_allowed", "A URL is not allowed.", { details: urls });
  }
}

type ModelAddress = Pick<AgentLoopInput["model"], "provider" | "base_url">;

/** Whether two models are on the same server. Without a `base_url`, the provider is the server. */
export const isSameModelServer = (one: ModelAddress, other: ModelAddress) =>
  one.base_url === null || other.base_url === null
    ? one.base_url === other.base_url && one.provider === other.provider
    : isSameServer(one.base_url, other.base_url);
