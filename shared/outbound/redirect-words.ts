import { withoutEnd } from "../runtime/without-end.ts";
import type { OutboundHead } from "./read-answer.ts";

/** Says behind a status where it redirects to, in our words alone; nothing for what redirects nowhere. */
export function redirectWords({ status, headers }: OutboundHead, url: string): string {
  const { location } = headers;
  const from = URL.parse(url);
  const to = status < 400 && location ? URL.parse(location, url) : null;
  return from && to ? `, a redirect to ${placeOf(to, from)}, which is not followed` : "";
}

function placeOf(to: URL, from: URL): string {
  if (to.host !== from.host) return "another server";
  if (withoutEnd(to.pathname, "/") !== withoutEnd(from.pathname, "/")) return "another path";
  return to.pathname === from.pathname
    ? `the same path by ${to.protocol}//`
    : `the same path with${to.pathname.endsWith("/") ? "" : "out"} a slash at its end`;
}
