/** For opening servers, and for each call of a tool. */
export const timeoutMs = 30_000;
/** How long an MCP server is given to say that it speaks the modern revision. */
export const probeMs = 5_000;
/** How long a server is given to say what it has while a call waits. It may be asked before and behind a call. */
export const lookAgainMs = 5_000;
/** For closing a connection. */
export const closeMs = 2_000;

/** The longest that a call of a tool takes with all that belongs to it, in milliseconds. */
export const toolCallMs = 2 * timeoutMs + probeMs + 2 * lookAgainMs + closeMs;
