/** The account that everything in the engine belongs to. */
export const account = "000000000000";

/** The ARN of something in the engine. */
export const arnOf = (service: string, resource: string): string =>
  `arn:aws:${service}:us-east-1:${account}:${resource}`;
