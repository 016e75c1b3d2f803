import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

type Transport = Pick<
  DynamoDBClientConfig,
  "requestHandler" | "region" | "credentials" | "signer" | "maxAttempts"
>;

/** An AWS client, as far as what it does with each call goes. */
interface Client {
  readonly middlewareStack: { remove(name: string): boolean };
  send: unknown;
}

/** Has a client's commands go another way. */
type Door = (client: Client) => unknown;

let transport: Transport | undefined;
/** The SDK's log lines go nowhere, and yet it copies every input and output for them. */
const alwaysLeftOut = ["loggerMiddleware"];
let leftOut = alwaysLeftOut;
let door: Door | undefined;

/**
 * Sends all calls of AWS clients made from now on another way: on one machine, as a rule into the embedded engine. `without`
 * names the SDK's middleware that does nothing for it there; `through` spares a client all of it where it can.
 */
export function useAwsTransport(
  other: Transport,
  without: readonly string[] = [],
  through?: Door,
): void {
  transport = other;
  leftOut = [...alwaysLeftOut, ...without];
  door = through;
}

/** Takes the steps out of a new client that cost time with every call and have no effect here. Returns the client. */
export function trimmed<C extends Client>(client: C): C {
  for (const name of leftOut) client.middlewareStack.remove(name);
  door?.(client);
  return client;
}

/** How long a call of AWS may take, each of its tries. */
export const boundedTimes = {
  connectionTimeout: 1_000,
  requestTimeout: 4_000,
  // Without it the SDK only warns.
  throwOnRequestTimeout: true,
  socketTimeout: 4_000,
};

/** The settings that every AWS client shares: bounded times, few tries, endpoints by the standard variables. */
export const awsConfig = (): Transport =>
  transport ?? { maxAttempts: 3, requestHandler: boundedTimes };
