import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { QueueName } from "#shared/runtime/grants";
import { pascal } from "../../openapi-words.ts";

interface WorkQueueProps {
  /** As long as the function may run: nobody else gets a message while its worker is alive. */
  readonly visibilitySeconds: number;
  readonly maxReceives: number;
}

/** A queue of a worker with the place for messages that it could not handle: 4 resources. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(
    scope: Construct,
    name: QueueName,
    { visibilitySeconds, maxReceives }: WorkQueueProps,
  ) {
    super(scope, `${pascal(name)}Queue`);
    const safety = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new Queue(this, "DeadLetters", {
      ...safety,
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, "Queue", {
      ...safety,
      visibilityTimeout: Duration.seconds(visibilitySeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maxReceives },
    });
  }
}
