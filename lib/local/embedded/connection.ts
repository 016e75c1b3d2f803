import { AwsError } from "./aws-error.ts";
import type { Call, Perform } from "./call.ts";
import { type Client, openDirectDoor } from "./direct-door.ts";
import { cancelled } from "./dynamodb/transact.ts";
import { applies, type Fault, type FaultPlan } from "./faults.ts";
import { type CallOptions, plainCall, type Services } from "./services.ts";
import { SqsError } from "./sqs/sqs-error.ts";
import type { Input } from "./wire.ts";
import { openWireDoor, type RequestHandler } from "./wire-door.ts";

/** A process's way into the engine; faults and counters belong to it alone. */
export interface Connection {
  /** For the `requestHandler` option of DynamoDBClient, SQSClient and clients of further services. */
  readonly requestHandler: RequestHandler;
  /**
   * Has the commands of such a client reach the engine as they are, without the SDK's serialising and its middleware;
   * answers and errors are the same. Gives the client back. Its request handler must be the one above.
   */
  readonly direct: <C extends Client>(client: C) => C;
  /** The latest calls in order (at least 10,000), repeats by the SDK included. */
  readonly calls: readonly { readonly service: string; readonly operation: string }[];
  /** Resolves when a fault crashed the connection. */
  readonly crashed: Promise<void>;
}

/** So many of the latest calls are remembered at least. */
const maxRemembered = 10_000;

/** Opens a connection to the services. `check` is asked before each call, and throws where it must not be made. */
export function connectTo(
  services: Services,
  plan: FaultPlan | undefined,
  check?: () => void,
): Connection {
  const calls: { service: string; operation: string }[] = [];
  const never = new Promise<never>(() => undefined);
  let isCrashed = false;
  let crash = (): void => undefined;
  const crashed = new Promise<void>((resolve) => {
    crash = () => {
      isCrashed = true;
      resolve();
    };
  });
  let index = 0;

  const perform: Perform = (call) => {
    if (isCrashed) return never;
    try {
      check?.();
      const { service, operation, signal, callerIsHere } = call;
      const options = { ...plainCall, signal, callerIsHere };
      if (calls.length === 2 * maxRemembered) calls.splice(0, maxRemembered);
      calls.push({ service, operation });
      const input = call.input();
      const fault = plan?.({ service, operation, index, input });
      index += 1;
      return fault !== undefined && applies(fault.kind, service, operation)
        ? performBadly(fault, call, input, options)
        : call.run(input, options);
    } catch (error) {
      return Promise.reject(error);
    }
  };

  const performBadly = async <Answer>(
    fault: Fault,
    { service, operation, run }: Call<Answer>,
    input: Input,
    options: CallOptions,
  ): Promise<Answer> => {
    if (fault.kind === "crash_before") {
      crash();
      return never;
    }
    if (fault.kind === "connection_lost") throw brokenConnection();
    throwFault(fault, service, operation, input);
    const answered = run(input, faultyCall(fault, options));
    if (fault.kind !== "crash_after" && fault.kind !== "answer_lost") return answered;
    await answered.catch(() => undefined);
    if (fault.kind === "answer_lost") throw brokenConnection();
    crash();
    return never;
  };

  /** After a crash nothing is heard any more, whatever was under way. */
  const heard: Perform = async (call) => {
    try {
      const answer = await perform(call);
      return isCrashed ? await never : answer;
    } catch (error) {
      if (isCrashed) return never;
      throw error;
    }
  };

  const performing = plan === undefined ? perform : heard;
  const requestHandler = openWireDoor(services, performing);
  return { requestHandler, direct: openDirectDoor(services, performing), calls, crashed };
}

/** Throws what a fault answers instead of the service, if it does. */
export function throwFault(
  fault: Fault | undefined,
  service: string,
  operation: string,
  input: Input,
): void {
  if (fault?.kind === "throttle") {
    if (service === "s3") throw new AwsError("SlowDown", "Please reduce your request rate.", 503);
    throw service === "sqs"
      ? new SqsError("RequestThrottled", "Rate exceeded")
      : new AwsError(
          "ProvisionedThroughputExceededException",
          "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
        );
  }
  if (fault?.kind !== "conflict") return;
  const members = input["TransactItems"];
  if (operation !== "TransactWriteItems" || !Array.isArray(members)) {
    throw new AwsError("TransactionConflictException", "Transaction is ongoing for the item");
  }
  const reasons = members.map((_, index) =>
    index === 0
      ? { Code: "TransactionConflict", Message: "Transaction is ongoing for the item" }
      : { Code: "None" },
  );
  throw cancelled(reasons);
}

function faultyCall(fault: Fault, call: CallOptions): CallOptions {
  return {
    ...call,
    staleMilliseconds: fault.kind === "stale_index" ? fault.milliseconds : 0,
    batchLimit: fault.kind === "short_batch" ? fault.count : Number.POSITIVE_INFINITY,
    delivery: {
      duplicate: fault.kind === "duplicate",
      lost: fault.kind === "lost",
      lateSeconds: fault.kind === "late" ? fault.seconds : 0,
    },
  };
}

/** What Node reports when the other side closes the connection; the SDK repeats such calls. */
const brokenConnection = () => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
