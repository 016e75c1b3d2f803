import { mostFileBytes } from "../platforms/download-file.ts";
import { envNumber } from "../runtime/env.ts";
import { createSharedRoom, type TakeSharedRoom } from "../runtime/room.ts";

const mebibyte = 1_048_576;
/** MB that the worker holds without files, and what its calls leave to the collector, however few they are. */
const heldMb = 116 + 60;
/** A byte of a file takes more than a byte while it is fetched and kept. */
const factor = 2.5;
/** On one machine, where memory is no setting. */
const mbOfMachine = 1_024;

/**
 * Room for the bytes of files that are being fetched, by the memory that this process has in AWS. A team may have half of
 * it, and no less than a file needs.
 */
export function liveFileRoom(): TakeSharedRoom {
  const mb = envNumber("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", mbOfMachine);
  const total = Math.max(mebibyte, ((mb - heldMb) / factor) * mebibyte);
  return createSharedRoom(total, Math.max(total / 2, mostFileBytes));
}
