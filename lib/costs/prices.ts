/** A public price. */
export interface Price {
  /** US dollars for one. */
  readonly usd: number;
  readonly per: string;
  /** How many an account has free in each month, for good. */
  readonly free?: number;
  readonly page: string;
}

const million = 1_000_000;

/** Where and when these prices were valid; look at the pages before you promise somebody a bill. */
export const pricesOf = "us-east-1, written down in November 2026";

/** Public prices of AWS in us-east-1. */
export const prices = {
  lambdaRequest: {
    usd: 0.2 / million,
    per: "invocation",
    free: million,
    page: "https://aws.amazon.com/lambda/pricing/",
  },
  lambdaGbSecond: {
    usd: 0.0000133334,
    per: "GB-second on arm64",
    free: 400_000,
    page: "https://aws.amazon.com/lambda/pricing/",
  },
  httpApiRequest: {
    usd: 1 / million,
    per: "request of an HTTP API, up to 512 KB",
    page: "https://aws.amazon.com/api-gateway/pricing/",
  },
  tableWriteUnit: {
    usd: 0.625 / million,
    per: "write unit on demand",
    page: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  },
  tableReadUnit: {
    usd: 0.125 / million,
    per: "read unit on demand",
    page: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  },
  tableGbMonth: {
    usd: 0.25,
    per: "GB-month of the table, indexes included",
    free: 25,
    page: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  },
  backupGbMonth: {
    usd: 0.2,
    per: "GB-month of point-in-time recovery",
    page: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  },
  blobPut: {
    usd: 5 / million,
    per: "PUT of S3 Standard",
    page: "https://aws.amazon.com/s3/pricing/",
  },
  blobGet: {
    usd: 0.4 / million,
    per: "GET of S3 Standard",
    page: "https://aws.amazon.com/s3/pricing/",
  },
  queueRequest: {
    usd: 0.5 / million,
    per: "request of a standard queue (0.40) with message groups (0.10)",
    free: million,
    page: "https://aws.amazon.com/sqs/pricing/",
  },
  keyMonth: { usd: 1, per: "KMS key and month", page: "https://aws.amazon.com/kms/pricing/" },
  keyRequest: {
    usd: 3 / million,
    per: "KMS request",
    free: 20_000,
    page: "https://aws.amazon.com/kms/pricing/",
  },
  logGb: {
    usd: 0.5,
    per: "GB of logs taken in",
    free: 5,
    page: "https://aws.amazon.com/cloudwatch/pricing/",
  },
  alarmMetricMonth: {
    usd: 0.1,
    per: "metric of an alarm and month",
    free: 10,
    page: "https://aws.amazon.com/cloudwatch/pricing/",
  },
  metricMonth: {
    usd: 0.3,
    per: "metric and month, for the hours in which it has values",
    free: 10,
    page: "https://aws.amazon.com/cloudwatch/pricing/",
  },
  dashboardMonth: {
    usd: 3,
    per: "dashboard and month",
    free: 3,
    page: "https://aws.amazon.com/cloudwatch/pricing/",
  },
} as const satisfies Readonly<Record<string, Price>>;
