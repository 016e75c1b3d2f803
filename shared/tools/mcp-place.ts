import type { OutboundHead, OutboundResponse } from "../outbound/read-answer.ts";
import type { OutboundRequest, SafeFetch } from "../outbound/safe-fetch.ts";
import { isPage } from "./mcp-failure.ts";

/** Where a server is: at first at its URL, then where that leads, with the cookies that it gave. */
export interface McpPlace {
  /**
   * Calls it there. A redirect to another path of it is followed, within the time of the call, and remembered when it led to
   * an answer.
   */
  readonly send: (request: OutboundRequest) => Promise<OutboundResponse>;
  /** The header with its cookies; empty when there are none. */
  readonly cookie: () => string;
}

const mostCookieBytes = 8_192;
const mostRedirects = 3;

/** Makes the place of a server that was never called. */
export function createMcpPlace(url: string, fetch: SafeFetch): McpPlace {
  let at = url;
  const cookies = new Map<string, string>();

  const remember = ({ cookies: given = [] }: OutboundHead) => {
    for (const cookie of given) {
      const [pair = "", ...attributes] = cookie.split(";");
      const end = pair.indexOf("=");
      const name = pair.slice(0, end).trim();
      const isGone = attributes.some((one) => /^\s*max-age=(?:0|-\d+)$/i.test(one));
      if (end < 1 || isGone) cookies.delete(name);
      else cookies.set(name, pair.slice(end + 1).trim());
    }
    const bytes = [...cookies].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    if (bytes > mostCookieBytes) cookies.clear();
  };

  const send: McpPlace["send"] = async (request) => {
    const endsAt = performance.now() + request.timeout_ms;
    let place = at;
    let left = request;
    for (let redirects = 0; ; redirects += 1) {
      const answer = await fetch(place, left);
      remember(answer);
      const next = redirects < mostRedirects ? movedTo(place, answer) : undefined;
      if (next === undefined) {
        // A page is where they sign in who lost their session, and no server.
        if (answer.status < 300 && !isPage(answer)) at = place;
        return answer;
      }
      place = next;
      left = { ...request, timeout_ms: Math.max(1, endsAt - performance.now()) };
    }
  };

  return {
    send,
    cookie: () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
  };
}

/**
 * Where a redirect leads that keeps the method, on the same host. Its scheme says nothing: behind a proxy servers often do
 * not know that they are called by https.
 */
function movedTo(at: string, { status, headers }: OutboundResponse): string | undefined {
  if (status !== 307 && status !== 308) return undefined;
  const from = URL.parse(at);
  const to = URL.parse(headers["location"] ?? "", at);
  if (!from || to?.host !== from.host || to.pathname + to.search === from.pathname + from.search) {
    return undefined;
  }
  return `${from.origin}${to.pathname}${to.search}`;
}
