import { fileURLToPath } from "node:url";

/** Where `npm run build` writes and the CDK app reads. */
export const defaultOutput = fileURLToPath(new URL("../dist", import.meta.url));
