import { ApiError, type ErrorDetail } from "../errors/api-error.ts";
import { problemsOfHeaders } from "../schema/reserved-headers.ts";
import { urlProblem } from "../outbound/url-rules.ts";
import type { AgentLoopInput } from "./agent-loop.ts";
import { renderPrompts } from "./render-prompt.ts";
import { scheduleProblem } from "./schedule.ts";

type Checked = Pick<
  AgentLoopInput,
  "model" | "tools" | "callback" | "schedule" | "system_prompt" | "user_message"
>;

/** Refuses what no single field shows: URLs, reserved headers, twin tools, schedules that never fire. Throws a 422. */
export function checkAgentLoop(loop: Partial<Checked>, now: number, allowPrivate: boolean): void {
  const details: ErrorDetail[] = [];
  const urls: ErrorDetail[] = [];
  const checkUrl = (path: string, url: string | null | undefined) => {
    const message = url ? urlProblem(url, { allowPrivate }) : undefined;
    if (message !== undefined) urls.push({ path, message });
  };
  const checkHeaders = (path: string, headers: Readonly<Record<string, unknown>>) =>
    details.push(...problemsOfHeaders(path, headers));

  if (loop.model) {
    checkUrl("body.model.base_url", loop.model.base_url);
    checkHeaders("body.model.headers", loop.model.headers);
  }
  if (loop.callback) {
    checkUrl("body.callback.url", loop.callback.url);
    checkHeaders("body.callback.headers", loop.callback.headers);
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
    checkHeaders(`${path}.headers`, tool.headers);
  });
  if (loop.schedule) {
    const problem = scheduleProblem(loop.schedule, now);
    if (problem) {
      details.push({ path: `body.schedule.${problem.field}`, message: problem.message });
    }
    const { system_prompt = "", user_message = "" } = loop;
    if (hasVariables({ system_prompt, user_message })) {
      details.push({
        path: "body.schedule",
        message: "A scheduled run has no variables, and a prompt of the loop has {{…}}.",
      });
    }
  }
  if (details.length > 0) {
    const count = details.length === 1 ? "1 problem" : `${details.length} problems`;
    throw new ApiError("validation_error", `The request has ${count}.`, { details });
  }
  if (urls.length > 0) {
    throw new ApiError("url_not_allowed", "A URL is not allowed.", { details: urls });
  }
}

function hasVariables(prompts: Readonly<Record<string, string>>): boolean {
  try {
    renderPrompts(prompts, {});
    return false;
  } catch {
    return true;
  }
}
