import { request as httpRequest } from "node:http";
import { startGateway } from "#lib/local/gateway";
import { loadHandler } from "#lib/manifest";
import type { TestPlatform } from "./test-platform.ts";

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** How a request goes over the wire; the target is sent as it is. */
export interface WireRequest {
  readonly method?: string;
  readonly target: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

/** A started platform behind the gateway of one machine: what only real HTTP shows. */
export async function startTestGateway({ manifest }: TestPlatform) {
  const gateway = await startGateway({ port: 0 });
  const routes = await Promise.all(
    manifest.routes.map(async ({ folder, route }) => ({
      route,
      handler: await loadHandler(folder),
    })),
  );
  gateway.serve(routes);

  const send = ({ method = "GET", target, key, headers, body }: WireRequest): Promise<WireAnswer> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: "127.0.0.1",
          port: gateway.port,
          path: target,
          method,
          agent: false,
          headers: {
            ...(body !== undefined && {
              "content-type": "application/json",
              "content-length": Buffer.byteLength(body),
            }),
            ...(key !== undefined && { authorization: `Bearer ${key}` }),
            ...(headers as Record<string, string | string[]>),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers as Record<string, string>,
              text: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      request.on("error", reject);
      request.end(body);
    });

  return {
    send,
    close: async () => {
      await gateway.idle();
      await gateway.close();
    },
  };
}

/** A started gateway. */
export type TestGateway = Awaited<ReturnType<typeof startTestGateway>>;
