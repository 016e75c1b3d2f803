import { once } from "node:events";
import { createServer } from "node:http";

/** A DynamoDB on 127.0.0.1 that answers every call as if its condition did not hold. */
export async function refusingTable(): Promise<{
  readonly url: string;
  stop(): Promise<void>;
}> {
  const body = JSON.stringify({
    __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
    message: "The conditional request failed",
  });
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The table has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
