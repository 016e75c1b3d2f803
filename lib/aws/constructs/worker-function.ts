import { Duration } from "aws-cdk-lib";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { EventSourceMapping, type Function, RecursiveLoop } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { needsOfWorker } from "../../grants.ts";
import type { ManifestWorker } from "../../manifest.ts";
import { memoryKindOf } from "../../memory.ts";
import { pascal } from "../../openapi/words.ts";
import { maxConcurrencyOf } from "../stages.ts";
import { addFunction, addPlaces, type FunctionContext } from "./small-function.ts";

/** One worker: its function and what wakes it, a queue or a clock. */
export class WorkerFunction extends Construct {
  readonly lambda: Function;

  constructor(scope: Construct, { folder, worker }: ManifestWorker, context: FunctionContext) {
    super(scope, pascal(worker.name));
    const { trigger } = worker;
    this.lambda = addFunction(
      this,
      {
        folder,
        description: `${worker.summary}. While it does not work: ${worker.impact}`,
        timeoutSeconds: worker.timeoutSeconds,
        memory: memoryKindOf(worker),
        needs: needsOfWorker(worker),
        // Work wakes itself through its own queue again and again: a schedule, the next message, a retry. Lambda would take
        // the 16th time for an endless loop. Leases, claims and pauses end real ones.
        ...("queue" in trigger && { recursiveLoop: RecursiveLoop.ALLOW }),
      },
      context,
    );
    if ("queue" in trigger) {
      addPlaces(this.lambda, context.stage, trigger);
      new EventSourceMapping(this, "Mapping", {
        target: this.lambda,
        eventSourceArn: context.resources.queue(trigger.queue).queueArn,
        batchSize: trigger.batchSize,
        maxConcurrency: maxConcurrencyOf(trigger, context.stage),
        reportBatchItemFailures: true,
      });
    } else {
      new Rule(this, "Clock", {
        schedule: Schedule.rate(Duration.minutes(trigger.everyMinutes)),
        targets: [
          new LambdaFunction(this.lambda, {
            event: RuleTargetInput.fromObject({}),
            // The next tick comes anyway; one that is late must not run beside it.
            maxEventAge: Duration.minutes(trigger.everyMinutes),
            retryAttempts: 0,
          }),
        ],
      });
      this.lambda.configureAsyncInvoke({
        maxEventAge: Duration.minutes(trigger.everyMinutes),
        retryAttempts: 0,
      });
    }
  }
}
