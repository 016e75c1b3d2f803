/**
 * An error as an AWS service answers it: `name` is the `__type` on the wire, `status` the HTTP status.
 */
export class AwsError extends Error {
  readonly status: number;

  constructor(name: string, message: string, status: number) {
    super(message);
    this.name = name;
    this.status = status;
  }
}
