import { ApiError } from "../errors/api-error.ts";

const tries = 20;

/**
 * Makes a change until nobody was faster: `attempt` reads, changes and writes on the condition that what it read still
 * stands, and gives undefined when it does not. Throws a 503 that names what is changed after twenty times.
 */
export async function overChanges<T extends object>(
  what: string,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  for (let tried = 0; tried < tries; tried++) {
    const done = await attempt();
    if (done) return done;
  }
  throw new ApiError(
    "service_unavailable",
    `The ${what} is being changed by others. Repeat this.`,
    { retryAfterSeconds: 1 },
  );
}
