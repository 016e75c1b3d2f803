import { asDelivery } from "#shared/deliveries/delivery-store";
import type { StoredExecution } from "#shared/executions/execution";
import { asExecution, asExecutionText, asStep, isLogEnd } from "#shared/executions/execution-items";
import type { StoredStep, StoredToolStep } from "#shared/executions/step";
import type { ToolCall } from "#shared/models/call-model";
import type { Item } from "#shared/table/table";
import { type Outside, unknownOutcome } from "./outside.ts";
import type { SeenExecution, SeenExecutions } from "./seen-executions.ts";
import type { Ending, LoopStory } from "./story.ts";

/** What is looked at when a run is over. */
export interface Remains {
  readonly story: LoopStory;
  readonly outside: Outside;
  readonly executions: SeenExecutions;
  readonly faults: number;
  /** What was called, with what went wrong. */
  readonly calls: readonly string[];
  readonly deaths: number;
  readonly rows: readonly Item[];
}

/** Everything that is not as promised, in sentences. */
export function verdict(remains: Remains): string[] {
  const { story, outside, executions, faults, rows } = remains;
  const problems: string[] = [];
  // Its executions must be gone.
  const deleted = story.meanwhile?.does === "delete";
  if (executions.all().length === 0 && story.start.by === "api" && !deleted) {
    problems.push("there is no execution");
  }
  for (const seen of executions.all()) {
    const own = rows.filter(({ pk }) => pk.endsWith(`#EXECUTION#${seen.id}`));
    const say = (problem: string) => problems.push(`${seen.id}: ${problem}`);
    if (seen.final === undefined) say("has no final status");
    checkCallback(remains, seen, say);
    if (!deleted) checkExecution(remains, seen, own, say);
    else for (const { sk } of own) say(`${sk} is left after its loop was erased`);
  }
  if (deleted) {
    const left = rows.filter(({ pk, sk }) => /AGENT_LOOP#/.test(`${pk}#${sk}`));
    for (const { pk, sk } of left) problems.push(`${pk} ${sk} is left of the loop`);
  }
  for (const [id, { plan, results, isBrokenOff }] of outside.toolCalls) {
    if (plan.tool === "effect" && results.length > 1) {
      problems.push(`the tool with effects was called ${results.length} times as ${id}`);
    }
    const heard = isBrokenOff.filter((is) => !is());
    if (faults === 0 && heard.length > 1) problems.push(`${id} was repeated needlessly`);
  }
  return problems;
}

type Say = (problem: string) => void;

function checkExecution(
  remains: Remains,
  seen: SeenExecution,
  own: readonly Item[],
  say: Say,
): void {
  const head = asExecution(own.find(({ sk }) => sk === "EXECUTION"));
  const textRow = own.find(({ sk }) => sk === "TEXT");
  if (!head || !textRow) return say("head or texts are gone");
  const { output } = asExecutionText(textRow);
  const log = own.filter(({ sk }) => sk.startsWith("STEP#"));
  const steps = log.filter((row) => !isLogEnd(row)).map(asStep);
  const needsEnd = head.status !== "completed" && head.started_at !== null;
  if (log.some(isLogEnd) !== needsEnd) say("its log is ended wrongly");
  const work = own.find(({ sk }) => sk === "WORK");
  if (work?.["lease_token"] !== undefined) say("is still leased");
  checkStatus(remains, head, steps, say);
  checkSteps(remains, seen, head, steps, say);
  const last = steps.at(-1);
  const answered = last?.kind === "model" && last.tool_calls.length === 0 ? last.text : null;
  if (head.status === "completed" && (answered === null || output !== answered)) {
    say("its output is not the last answer");
  }
  if (head.status !== "completed" && output !== null) say("has an output without being completed");
}

function checkStatus(
  { story, faults, outside }: Remains,
  { id, status, error_code, started_at, completed_at, iterations }: StoredExecution,
  steps: readonly StoredStep[],
  say: Say,
): void {
  const found = error_code ?? status;
  const expected = endingOf(story);
  const runMs = Date.parse(completed_at ?? "") - Date.parse(started_at ?? "");
  const isLate = runMs >= story.timeoutSeconds * 1_000;
  const crossed = faults >= 5 && found === "internal_error";
  // A retry that would come after the end of its time fails at once with the words of what failed.
  const isFailure = found === "model_error" || found === "tool_server_unreachable";
  const cannotRetry = isFailure && retriesReachEnd(story);
  // Failures of the model and of the tool server at one step count together.
  const failures = story.answers.map(({ failures = 0 }) => failures);
  const gaveUp = isFailure && story.outages > 0 && story.outages + Math.max(...failures) > 5;
  // Its server had answered, but what the model had said was lost: then nothing has worked before.
  const neverBegan =
    found === "tool_server_unreachable" &&
    story.outages > 0 &&
    (faults > 0 ||
      story.start.by === "schedule" ||
      outside.given.some(({ execution }) => execution === id)) &&
    iterations === 0;
  // A failure that died with its worker is not counted.
  const fewerFailures = faults > 0 && found === endingOf(withFewerFailures(story));
  const mayBe =
    found === expected ||
    fewerFailures ||
    (found === "cancelled" && story.meanwhile?.does === "cancel") ||
    (found === "timeout" && isLate) ||
    crossed ||
    cannotRetry ||
    gaveUp ||
    neverBegan;
  if (!mayBe) {
    say(`ended as ${found} after ${runMs} ms and ${steps.length} steps instead of ${expected}`);
  }
}

const withFewerFailures = (story: LoopStory): LoopStory => ({
  ...story,
  answers: story.answers.map((answer) =>
    answer.failures === undefined ? answer : { ...answer, failures: 0 },
  ),
});

const retriesReachEnd = ({ answers, outages, timeoutSeconds }: LoopStory) =>
  (outages > 0 || answers.some(({ failures }) => failures !== 0)) &&
  timeoutSeconds * 1_000 - outages * 61_000 <
    answers.reduce(
      (sum, { ms, failures = 1, retryAfterMs = 0 }) =>
        sum + ms + failures * (ms + Math.max(retryAfterMs, 60_000)) + 600_000,
      0,
    );

/** How a story ends by the rules alone. */
function endingOf(story: LoopStory): Ending {
  if (story.serverIsDown) return "tool_server_unreachable";
  let tokens = 0;
  for (const [index, answer] of story.answers.entries()) {
    if (index >= story.maxIterations) return "max_iterations_exceeded";
    if (answer.failures === undefined || answer.failures > 5) return "model_error";
    tokens += answer.tokens;
    if (answer.calls.length === 0) return "completed";
    if (story.tokenBudget !== null && tokens >= story.tokenBudget) return "token_budget_exceeded";
  }
  return "completed";
}

/** The log must be what model and tools saw, in order, without a gap. */
function checkSteps(
  remains: Remains,
  seen: SeenExecution,
  head: StoredExecution,
  steps: readonly StoredStep[],
  say: Say,
): void {
  const { outside } = remains;
  for (const number of seen.steps) {
    if (!steps.some((step) => step.number === number)) say(`step ${number} was stored and is lost`);
  }
  let awaited: ToolCall[] = [];
  let position = 0;
  for (const [index, step] of steps.entries()) {
    if (step.number !== index + 1) say(`step ${index + 1} is missing`);
    if (step.kind === "model") {
      if (awaited.length > 0) say(`step ${step.number} comes before the tools of the last answer`);
      const [message] = step.messages as { given: number }[];
      const given = outside.given[message?.given ?? -1];
      if (given?.execution !== head.id || given.position !== position++) {
        say(`step ${step.number} is no answer of the model at this place`);
      }
      awaited = [...step.tool_calls];
    } else checkToolStep(step, awaited.shift());
  }
  const models = steps.filter(({ kind }) => kind === "model").length;
  if (head.iterations !== models || head.tool_calls !== steps.length - models) {
    say(
      `counts ${head.iterations} + ${head.tool_calls} steps and has ${models} + ${steps.length - models}`,
    );
  }

  function checkToolStep(step: StoredToolStep, call: ToolCall | undefined) {
    if (!call || call.id !== step.call_id) return say(`step ${step.number} is not the next call`);
    if (step.status === "started") {
      if (step.number !== steps.length) say(`step ${step.number} was left unfinished`);
      return;
    }
    outside.checkResult(step.call_id, step.result ?? "");
    const isUnknown = unknownOutcome.test(step.result ?? "");
    if (isUnknown && !outside.toolCalls.has(step.call_id) && !wasCutOff(remains)) {
      say(`step ${step.number} is unknown though its tool was not called and its worker lived`);
    }
  }
}

/** Whether a worker may have ended, or lost its lease, between what it stored and what it did next. */
const wasCutOff = ({ calls, deaths }: Remains) =>
  deaths > 0 ||
  calls.some((call) =>
    /← .*"(stall_before|stall_after|answer_lost)"|UpdateItem .*← .*"(slow|refused|conflict)"/.test(
      call,
    ),
  );

/** One delivery, which arrives, under one id. */
function checkCallback(
  { story, outside, rows, faults }: Remains,
  seen: SeenExecution,
  say: Say,
): void {
  const received = outside.callbacks.filter(({ body }) => body.includes(seen.id));
  if (!story.receipts) {
    if (received.length > 0) say("a callback was sent though there is none");
    return;
  }
  const ids = new Set(received.map(({ id }) => id));
  if (ids.size !== 1) say(`callbacks came under ${ids.size} ids`);
  if (new Set(received.map(({ body }) => body)).size > 1) say("callbacks differ");
  const [first] = received;
  if (first && (JSON.parse(first.body) as { status: string }).status !== seen.final) {
    say("the callback tells another status");
  }
  const deliveries = rows.flatMap((row) =>
    row.sk === "DELIVERY" && ids.has(String(row["event_id"])) ? (asDelivery(row) ?? []) : [],
  );
  if (deliveries.length !== 1) return say(`there are ${deliveries.length} deliveries`);
  const [delivery] = deliveries;
  const isRefused = story.receipts.includes("gone");
  const arrived = received.some(({ status }) => status === 200);
  if (delivery?.status !== "succeeded" && !isRefused) say(`its delivery is ${delivery?.status}`);
  if (!arrived && !isRefused) say("its callback did not arrive");
  const wholly = received.filter((one) => !one.isBrokenOff());
  if (faults === 0 && wholly.length !== delivery?.attempts.length) {
    say(`${wholly.length} callbacks came, ${delivery?.attempts.length} attempts are recorded`);
  }
}
