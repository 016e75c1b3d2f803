// Deploys a stage: `npm run deploy -- -c stage=prod`, with the CDK's own options.
import { deploy } from "#lib/aws/deploy-command";

await deploy(process.argv.slice(2));
