// Removes a stage: `npm run destroy -- -c stage=dev`, with the CDK's own options.
import { destroy } from "#lib/aws/destroy-command";

await destroy(process.argv.slice(2));
