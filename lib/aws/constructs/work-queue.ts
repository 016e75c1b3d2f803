import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { QueueName } from "#shared/runtime/grants";
import { deadLettersOf, queueNameOf } from "../../deployed-names.ts";
import { pascal } from "../../openapi/words.ts";

interface WorkQueueProps {
  readonly stage: string;
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
    { stage, visibilitySeconds, maxReceives }: WorkQueueProps,
  ) {
    super(scope, `${pascal(name)}Queue`);
    const queueName = queueNameOf(stage, name);
    const safety = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new Queue(this, "DeadLetters", {
      ...safety,
      queueName: deadLettersOf(queueName),
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, "Queue", {
      ...safety,
      queueName,
      visibilityTimeout: Duration.seconds(visibilitySeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maxReceives },
    });
  }
}
