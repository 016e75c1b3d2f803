// Loaded before the server: writes each second how long its event loop stood still at most.
import { monitorEventLoopDelay } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
setInterval(() => {
  process.stdout.write(`${JSON.stringify({ event: "loop", longest_ms: delay.max / 1e6 })}\n`);
  delay.reset();
}, 1_000).unref();
