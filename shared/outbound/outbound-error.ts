/** How far a call came: its connection is not there yet, no answer has begun, an answer has begun. */
export type CallPhase = "connecting" | "waiting" | "reading";

/** The most that the headers of an answer may have, in bytes. */
export const mostHeaderBytes = 65_536;

type OutboundErrorCode = "timeout" | "network" | "too_large" | "not_allowed" | "aborted";

/** What callers of ours are told of a call that brought no answer. */
export const failureCodes = {
  timeout: "timeout",
  network: "network_error",
  too_large: "response_too_large",
  not_allowed: "url_not_allowed",
  aborted: "network_error",
} as const satisfies Record<OutboundErrorCode, string>;

/**
 * A call to another server that brought no answer. The message is one sentence for the people of the team: what
 * happened to which host, nothing of our inside, no secret.
 */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly code: OutboundErrorCode;

  constructor(code: OutboundErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Says that what came back cannot be read. */
export const notHttp = (host: string, cause?: unknown) =>
  new OutboundError("network", `${host} sent something that is not HTTP.`, cause);

/** Says that a name has no address that may be called, whether it has another or none. */
export const noPublicAddress = (host: string) =>
  new OutboundError("network", `No public address is known for ${host}.`);

/** Whether a look-up failed because there is no such name. */
export const isUnknownName = ({ code }: NodeJS.ErrnoException): boolean =>
  code === "ENOTFOUND" || code === "EAI_NODATA" || code === "EAI_NONAME";

const certificateCodes =
  /^(CERT_|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;

/** Tells what a failed connection means to people, from the system's own error. */
export function networkError(host: string, phase: CallPhase, error: NodeJS.ErrnoException): Error {
  if (error instanceof OutboundError) return error;
  const code = error.code ?? "";
  const is = (text: string) => new OutboundError("network", text, error);

  if (isUnknownName(error)) {
    return is(`No address is known for ${host}.`);
  }
  if (code.startsWith("EAI_")) return is(`The address of ${host} could not be looked up.`);
  if (code === "ECONNREFUSED") return is(`${host} refused the connection.`);
  if (code === "ETIMEDOUT" && phase === "connecting") {
    return new OutboundError("timeout", `${host} could not be reached in time.`, error);
  }
  if (certificateCodes.test(code)) return is(`The certificate of ${host} is not valid.`);
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) {
    return is(`No secure connection to ${host} could be made.`);
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return new OutboundError(
      "too_large",
      `The headers of the answer of ${host} are longer than ${mostHeaderBytes / 1_024} KiB.`,
      error,
    );
  }
  if (code.startsWith("HPE_")) return notHttp(host, error);
  if (phase === "connecting") return is(`${host} could not be reached.`);
  return phase === "waiting"
    ? is(`${host} closed the connection before it answered.`)
    : is(`${host} closed the connection in the middle of its answer.`);
}

/** Says that the time of a call was used up, and on what. */
export function timeoutError(host: string, phase: CallPhase, timeoutMs: number): OutboundError {
  const time = `${timeoutMs / 1_000} ${timeoutMs === 1_000 ? "second" : "seconds"}`;
  const what = {
    connecting: "could not be reached",
    waiting: "did not answer",
    reading: "did not finish its answer",
  }[phase];
  return new OutboundError("timeout", `${host} ${what} within ${time}.`);
}
