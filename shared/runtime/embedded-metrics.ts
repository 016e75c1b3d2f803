/** Which fields of a log line are metrics. */
export interface Measured {
  /** The field whose values tell them apart. Each value makes metrics of its own, and each is paid for. */
  readonly by?: string;
  /** Those that are numbers to be kept; their names say in which unit. A line may lack any of them. */
  readonly fields: readonly string[];
}

/**
 * What makes CloudWatch keep fields of a log line as metrics, without a call: the embedded metric format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 * Nothing where `METRICS_NAMESPACE` is not set, as on one machine.
 */
export function embeddedMetrics(
  at: number,
  fields: Readonly<Record<string, unknown>>,
  measured: readonly Measured[],
): { readonly _aws?: unknown } {
  const namespace = process.env["METRICS_NAMESPACE"];
  if (!namespace) return {};
  const directives = measured.flatMap(({ by, fields: names }) => {
    const present = names.filter((name) => typeof fields[name] === "number");
    if (present.length === 0) return [];
    return [
      {
        Namespace: namespace,
        Dimensions: [by === undefined ? [] : [by]],
        Metrics: present.map((Name) => ({ Name })),
      },
    ];
  });
  return directives.length > 0 ? { _aws: { Timestamp: at, CloudWatchMetrics: directives } } : {};
}
