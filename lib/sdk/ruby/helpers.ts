/** What helpers are called, so that no operation is. They stand in the run-time, which opens the classes again. */
export const helperNames = [
  "channels.ask",
  "agent_loops.run_and_wait",
  "executions.wait",
  "executions.watch",
  "webhooks.unwrap",
  "webhooks.verify",
  "webhooks.sign",
];
