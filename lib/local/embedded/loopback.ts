import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Connection } from "./connection.ts";
import type { ObjectStore } from "./s3.ts";
import { serveObject } from "./s3-protocol.ts";

/** Most bytes of a request: a batch of 16 MB, and room for its base64. */
const maxBodyBytes = 32 * 1_048_576;

const loopbackHost = /^(?:127\.0\.0\.1|(?:[a-z0-9.-]+\.)?localhost)(?::\d+)?$/;

/** Serves a connection over HTTP on 127.0.0.1; closing it cuts what is under way. */
export async function listenOnLoopback(
  connection: Connection,
  objects: ObjectStore,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    answer(connection, objects, request, response).catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${actual}`,
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function answer(
  connection: Connection,
  objects: ObjectStore,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A web page whose own host name points here must not read the database.
  if (!loopbackHost.test(request.headers.host ?? "")) {
    response.writeHead(403).end();
    return;
  }
  const { method = "", url = "" } = request;
  if (method === "GET" || method === "HEAD") return serveObject(objects, request, response);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue;
    length += chunk.length;
    if (length > maxBodyBytes) {
      response.writeHead(413).end();
      return;
    }
    chunks.push(chunk);
  }
  const aborted = new AbortController();
  response.on("close", () => aborted.abort());
  const target = request.headers["x-amz-target"];
  const { response: answered } = await connection.requestHandler.handle(
    {
      method,
      path: url,
      headers: typeof target === "string" ? { "x-amz-target": target } : {},
      body: Buffer.concat(chunks),
    },
    { abortSignal: aborted.signal },
  );
  response.writeHead(answered.statusCode, {
    "content-type": "application/x-amz-json-1.0",
    ...answered.headers,
    "content-length": answered.body.byteLength,
    "x-amzn-requestid": randomUUID(),
  });
  response.end(answered.body);
}
