import { throughDirectDoor } from "#test/support/embedded-clients";

// The suites of the engine once more, with commands as the platform's own clients send them on one machine.
throughDirectDoor();
await import("./embedded-contention.test.ts");
await import("./embedded-durability.test.ts");
await import("./embedded-dynamodb.test.ts");
await import("./embedded-dynamodb-batches.test.ts");
await import("./embedded-dynamodb-conditions.test.ts");
await import("./embedded-dynamodb-indexes.test.ts");
await import("./embedded-dynamodb-query.test.ts");
await import("./embedded-dynamodb-transactions.test.ts");
await import("./embedded-dynamodb-updates.test.ts");
await import("./embedded-engine.test.ts");
await import("./embedded-faults.test.ts");
await import("./embedded-sqs.test.ts");
await import("./embedded-sqs-queues.test.ts");
