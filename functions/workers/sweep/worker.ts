import { defineWorker } from "#shared/queue/define-worker";

export const worker = defineWorker({
  name: "sweep",
  summary: "Each minute, wakes the workers of everything that is due",
  impact: "Work whose message was lost, delayed replies and schedules stand still.",
  trigger: { everyMinutes: 1 },
  timeoutSeconds: 55,
  grants: {
    table: ["Query due", "UpdateItem"],
    sends: ["inbound", "executions", "deliveries", "jobs"],
  },
});
