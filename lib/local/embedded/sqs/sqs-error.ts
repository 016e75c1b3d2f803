import { AwsError } from "../aws-error.ts";

/** An SQS error: clients of the older query protocol know it by `queryCode`, and the SDK by either. */
export class SqsError extends AwsError {
  readonly queryCode: string;

  constructor(name: string, message: string, queryCode = name) {
    super(name, message, 400);
    this.queryCode = queryCode;
  }
}

/** InvalidParameterValue for a field of the request. */
export const invalidParameter = (message: string): SqsError =>
  new SqsError("InvalidParameterValueException", message, "InvalidParameterValue");

/** The request lacks a field. */
export const missingParameter = (field: string): SqsError =>
  new SqsError(
    "MissingRequiredParameterException",
    `The request must contain the parameter ${field}.`,
    "MissingParameter",
  );
