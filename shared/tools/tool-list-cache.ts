import { hash } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import type { ListedTool } from "./listed-tools.ts";
import type { McpEra } from "./mcp-connection.ts";
import type { McpServer } from "./tool-box.ts";

const ordinaryMs = 300_000;
const longestMs = 3_600_000;
const mostBytes = 16 * 1_048_576;
/** What an entry takes besides: who has many servers that offer nothing fills memory as well. */
const bytesBeside = 500;

/** What is known of a server. */
export interface KnownServer {
  readonly era: McpEra;
  readonly tools: readonly ListedTool[];
}

/** Remembers in this process what servers offer, by their URL and headers. */
export interface ToolListCache {
  readonly get: (server: McpServer) => KnownServer | undefined;
  /** Keeps it as long as the server says, at most an hour; five minutes when it does not say. */
  readonly set: (server: McpServer, known: KnownServer, ttlMs: number | undefined) => void;
  readonly forget: (server: McpServer) => void;
}

/** Makes a cache that holds at most 16 MiB; what was used longest ago goes first. */
export function createToolListCache(clock: Clock): ToolListCache {
  // As JSON: of many small objects it takes a tenth of the memory.
  const kept = new Map<string, { readonly json: Buffer; readonly until: number }>();
  let held = 0;
  // A server may say without end that its tools have changed: its headers are hashed once for each time it is opened.
  const keysOfServers = new WeakMap<McpServer, string>();

  const keyOf = (server: McpServer) => {
    const key = keysOfServers.get(server) ?? hashOf(server);
    keysOfServers.set(server, key);
    return key;
  };
  const remove = (key: string) => {
    const gone = kept.get(key);
    if (gone) held -= gone.json.length + bytesBeside;
    kept.delete(key);
  };

  return {
    get: (server) => {
      const key = keyOf(server);
      const found = kept.get(key);
      if (!found) return undefined;
      kept.delete(key);
      kept.set(key, found);
      // As `set` wrote it.
      if (found.until > clock()) return JSON.parse(found.json.toString()) as KnownServer;
      remove(key);
      return undefined;
    },
    set: (server, known, ttlMs = ordinaryMs) => {
      const key = keyOf(server);
      remove(key);
      if (!(ttlMs > 0)) return;
      const json = Buffer.from(JSON.stringify(known));
      kept.set(key, { json, until: clock() + Math.min(ttlMs, longestMs) });
      held += json.length + bytesBeside;
      for (const oldest of kept.keys()) {
        if (held <= mostBytes) break;
        remove(oldest);
      }
    },
    forget: (server) => remove(keyOf(server)),
  };
}

/** A hash, so that no secret is kept longer than its use. */
const hashOf = ({ url, headers }: McpServer) =>
  hash(
    "sha256",
    JSON.stringify([url, Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1))]),
    "base64",
  );
