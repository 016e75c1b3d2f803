import { once } from "node:events";
import { createServer } from "node:net";

// Two programs that run beside each other begin elsewhere.
let next = 10_000 + Math.floor(Math.random() * 20_000);

/**
 * A free port below those that systems give by themselves: it is listened at minutes later. No two of one program are
 * the same.
 */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = next++;
    const server = createServer().listen(port, "127.0.0.1");
    // `once` throws when it is taken.
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
