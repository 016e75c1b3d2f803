/**
 * Which messages of a batch a function has left undone, by what it returned, as Lambda reads it: nothing returned
 * means all are done; a report that names none of the batch's messages, or is none, means that the whole batch failed.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function failedMessages(result: unknown, messageIds: readonly string[]): Set<string> {
  const all = new Set(messageIds);
  if (result === undefined || result === null) return new Set();
  if (typeof result !== "object" || Array.isArray(result)) return all;
  const failures = "batchItemFailures" in result ? result.batchItemFailures : undefined;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return all;
  const failed = new Set<string>();
  for (const failure of failures as readonly unknown[]) {
    const id =
      typeof failure === "object" && failure !== null && "itemIdentifier" in failure
        ? failure.itemIdentifier
        : undefined;
    if (typeof id !== "string" || !all.has(id)) return all;
    failed.add(id);
  }
  return failed;
}
