import type { Perform } from "./call.ts";
import { decoded, encoded } from "./sdk-values.ts";
import type { Services } from "./services.ts";
import type { Input } from "./wire.ts";
import type { Outcome } from "./wire-door.ts";

/** A client of the AWS SDK, as far as its door goes. */
export interface Client {
  send: unknown;
}

/** A command of the AWS SDK: its schema names its service and its operation. */
interface Command {
  readonly input: Input;
  readonly schema?: unknown;
}

/** What a client is told beside a command. */
interface Options {
  readonly abortSignal?: unknown;
  readonly outcome?: Outcome;
}

type Send = (command: Command, ...rest: (Options | (() => void) | undefined)[]) => unknown;

/** By the names of the SDK's schemas: the services, and the operations whose answers differ from the wire's in bytes only. */
const services: ReadonlyMap<unknown, readonly [name: string, operations: RegExp]> = new Map([
  ["com.amazonaws.dynamodb", ["dynamodb", /Items?$|^(?:Query|Scan)$/]],
  ["com.amazonaws.sqs", ["sqs", /^(?:Send|Receive|Delete)Message|^ChangeMessageVisibility/]],
]);

/** The way in by commands as they are. What it does not know, and what fails, goes through the client's own `send`. */
export function openDirectDoor(engine: Services, perform: Perform) {
  return <C extends Client>(client: C): C => {
    // The one method that all clients of the SDK have; that it has these parameters is their public interface.
    const send = (client.send as Send).bind(client);

    const sendDirectly: Send = (command, ...rest) => {
      const [options] = rest;
      const target = rest.some((given) => typeof given === "function") ? undefined : read(command);
      if (!target || typeof options === "function") return send(command, ...rest);
      const signal = options?.abortSignal;
      const { service, operation } = target;
      return perform({
        service,
        operation,
        // A copy: neither side sees what the other does to it later.
        input: () => encoded(command.input) as Input,
        run: (input, how) => engine.call(service, operation, input, how),
        signal: signal instanceof AbortSignal ? signal : undefined,
        callerIsHere: true,
      }).then(
        (answer) => ({ $metadata: { ...metadata }, ...decoded(answer) }),
        // The SDK makes its error of it, and repeats the call where it would.
        (error: unknown) => send(command, { ...options, outcome: { error } }),
      );
    };
    client.send = sendDirectly;
    return client;
  };
}

/** What the SDK says about an answer of the engine at the first try. */
const metadata = {
  httpStatusCode: 200,
  requestId: undefined,
  extendedRequestId: undefined,
  cfId: undefined,
  attempts: 1,
  totalRetryDelay: 0,
};

function read({ schema, input }: Command) {
  if (!Array.isArray(schema)) return undefined;
  const [, namespace, operation] = schema as unknown[];
  const [service, operations] = services.get(namespace) ?? [];
  if (service === undefined || typeof operation !== "string") return undefined;
  if (operations?.test(operation) !== true) return undefined;
  // The SDK makes a token where there is none, and a repeat must have the same.
  if (operation === "TransactWriteItems" && input["ClientRequestToken"] === undefined) {
    return undefined;
  }
  return { service, operation };
}
