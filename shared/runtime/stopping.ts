const controller = new AbortController();

/**
 * Aborted when the process is about to end: leases are released, and requests that wait are answered.
 * On Lambda nobody stops a process with notice, so there it is never aborted.
 */
export const stopping: AbortSignal = controller.signal;

/** Says that the process is about to end. It cannot be taken back. */
export function stop(): void {
  controller.abort(new Error("The server is stopping."));
}
