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

let transport: Transport | undefined;
let fitted: ((client: Client) => unknown) | undefined;

/**
 * Sends all calls of AWS clients made from now on another way: on one machine, as a rule into the embedded engine. `fit` is
 * done to each new client: it may leave out what has no effect there.
 */
export function useAwsTransport(other: Transport, fit?: (client: Client) => unknown): void {
  transport = other;
  fitted = fit;
}

/** Takes the steps out of a new client that cost time with every call and have no effect here. Returns the client. */
export function trimmed<C extends Client>(client: C): C {
  // The SDK's log lines go nowhere, and yet it copies every input and output for them.
  client.middlewareStack.remove("loggerMiddleware");
  fitted?.(client);
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
