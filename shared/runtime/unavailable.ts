const names = new Set([
  "ProvisionedThroughputExceededException",
  "ThrottlingException",
  "RequestLimitExceeded",
  "RequestThrottled",
  // A table that is being restored.
  "ResourceNotFoundException",
  "TransactionConflictException",
  "TransactionInProgressException",
  "InternalServerError",
  "ServiceUnavailable",
  "TimeoutError",
  "SecretsUnavailableError",
]);
const codes = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** Whether something thrown says that a store, queue or key service is throttling or out of reach. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (names.has(error.name)) return true;
  if ("code" in error && typeof error.code === "string" && codes.has(error.code)) return true;
  if (!("$metadata" in error) || typeof error.$metadata !== "object") return false;
  const metadata = error.$metadata;
  return (
    metadata !== null &&
    "httpStatusCode" in metadata &&
    typeof metadata.httpStatusCode === "number" &&
    metadata.httpStatusCode >= 500
  );
}
