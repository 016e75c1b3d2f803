/** An error that a caller sees as AWS would send it: name, message, HTTP status and further fields of the body. */
export class AwsError extends Error {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    name: string,
    message: string,
    status = 400,
    fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = name;
    this.status = status;
    this.fields = fields;
  }
}

/** The ValidationException with DynamoDB's wording in `message`. */
export const validationError = (message: string): AwsError =>
  new AwsError("ValidationException", message);

/** The ValidationException for a field whose value breaks a constraint; `must` says what the value has to do. */
export const constraintError = (
  field: string,
  value: string | number | null | undefined,
  must: string,
): AwsError =>
  validationError(
    `1 validation error detected: Value ${value === null ? "null" : `'${value}'`} at '${field}' failed to satisfy constraint: Member must ${must}`,
  );
