import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

type Transport = Pick<
  DynamoDBClientConfig,
  "requestHandler" | "region" | "credentials" | "signer" | "maxAttempts"
>;

let transport: Transport | undefined;

/** Sends all calls of AWS clients made from now on another way: on one machine, into the embedded engine. */
export function useAwsTransport(other: Transport): void {
  transport = other;
}

/** The settings that every AWS client shares: bounded times, few tries, endpoints by the standard variables. */
export const awsConfig = (): Transport =>
  transport ?? {
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 4_000 },
  };
