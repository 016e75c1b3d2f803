/** Stands in for the MCP client's own choice of a validator when functions are bundled. */
export { CfWorkerJsonSchemaValidator as DefaultJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";

/** What the MCP client asks of the world it runs in: no browser. */
// oxlint-disable-next-line id-match -- the client imports it by this name
export const CORS_IS_POSSIBLE = false;
