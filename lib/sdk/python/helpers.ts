import type { Field, SdkModel } from "../model.ts";
import { argumentLines, given } from "./arguments.ts";

/** What resources have beside the operations of the API. */
export function helpers(model: SdkModel): Readonly<Record<string, readonly string[]>> {
  const fieldsOf = (name: string): readonly Field[] => {
    const type = model.types.find((one) => one.name === name);
    if (type?.kind !== "object") throw new Error(`${name} is no object of fields.`);
    return type.fields;
  };
  const [message, run] = [fieldsOf("MessageSend"), fieldsOf("AgentLoopRun")];
  const waiting = "        **options: Unpack[AsyncExecutionWaitOptions],";
  return {
    channels: [
      "    async def ask(",
      "        self,",
      "        id: str,",
      "        *,",
      ...argumentLines(message, "ask"),
      "        **options: Unpack[AsyncWaitOptions],",
      "    ) -> types.Message | None:",
      '        """Sends a message and waits for the bot\'s reply; None where none is to come. Raises a `ReplyTimeoutError`."""',
      `        body = ${given(message)}`,
      "        return await ask(self._client, f'/channels/{part(\"id\", id)}/messages', body, **options)",
      "",
    ],
    agent_loops: [
      "    async def run_and_wait(",
      "        self,",
      "        id: str,",
      "        *,",
      ...argumentLines(run, "run_and_wait"),
      waiting,
      "    ) -> types.Execution:",
      '        """Runs a loop and gives the execution when it has ended, whatever became of it. Raises a `WaitTimeoutError`."""',
      `        body = ${given(run)}`,
      "        return await run_and_wait(self._client, f'/agent-loops/{part(\"id\", id)}/run', body, **options)",
      "",
    ],
    executions: [
      "    async def wait(self, id: str, **options: Unpack[AsyncExecutionWaitOptions]) -> types.Execution:",
      '        """Gives an execution when it has ended, whatever became of it. Raises a `WaitTimeoutError`."""',
      "        return await wait_for_execution(self._client, id, **options)",
      "",
      "    def watch(self, id: str, **options: Unpack[AsyncWaitOptions]) -> AsyncIterator[types.Step]:",
      '        """Gives each step when it has finished, until the execution has ended. Raises a `WaitTimeoutError`."""',
      "        return watch_execution(self._client, id, **options)",
      "",
    ],
    webhooks: [
      "    def unwrap(",
      "        self,",
      "        body: _webhooks.Body,",
      "        headers: _webhooks.HeadersLike,",
      "        *,",
      "        secret: _webhooks.Secrets | None = None,",
      "        tolerance_seconds: float = 300,",
      "    ) -> types.WebhookEvent:",
      '        """Checks what came to an endpoint and gives the event. The body is as it came. Raises a `WebhookVerificationError`."""',
      "        self.verify(body, headers, secret=secret, tolerance_seconds=tolerance_seconds)",
      "        return types.read_webhook_event(json.loads(body))",
      "",
      "    def verify(",
      "        self,",
      "        body: _webhooks.Body,",
      "        headers: _webhooks.HeadersLike,",
      "        *,",
      "        secret: _webhooks.Secrets | None = None,",
      "        tolerance_seconds: float = 300,",
      "    ) -> None:",
      '        """Checks what came, such as the callback of an execution. Raises a `WebhookVerificationError`."""',
      "        _webhooks.verify(body, headers, secret or self._client._settings.webhook_secret, tolerance_seconds)",
      "",
      "    def sign(",
      "        self,",
      "        body: _webhooks.Body,",
      "        *,",
      "        secret: _webhooks.Secrets | None = None,",
      "        id: str | None = None,",
      "        timestamp: int | None = None,",
      "    ) -> dict[str, str]:",
      '        """Signs a body as the platform does, for tests of your own receiver: gives its headers."""',
      "        return _webhooks.sign(body, secret or self._client._settings.webhook_secret, id, timestamp)",
      "",
    ],
  };
}
