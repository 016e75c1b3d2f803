import { isIP } from "node:net";
import { withoutEnd } from "../runtime/without-end.ts";
import { isPublicAddress } from "./public-address.ts";

const maxLength = 2_048;

/** The host without the brackets of an IPv6 literal and without the dot of a fully qualified name. */
export const bareHost = (url: URL) => withoutEnd(url.hostname.replace(/^\[(.*)\]$/, "$1"), ".");

/**
 * Reads a URL that a person gave us, or says in a sentence why we would not call it. Private literals are found in
 * any notation, because the parser (https://url.spec.whatwg.org/#host-parsing) writes them all as the one IP address
 * that they mean. What a name resolves to is not looked at here: it can change until we connect.
 */
export function readOutboundUrl(
  text: string,
  { allowPrivate }: { readonly allowPrivate: boolean },
): { readonly url: URL } | { readonly problem: string } {
  if (text.length > maxLength && Array.from(text).length > maxLength) {
    return { problem: "The URL must be at most 2,048 characters long." };
  }
  // The parser drops them silently; then what is called is not what was read.
  if (/[\s\p{Cc}]/u.test(text)) {
    return { problem: "The URL must not contain spaces or control characters." };
  }
  const url = URL.parse(text);
  if (!url) return { problem: "The URL must be complete, like https://example.com/path." };
  if (url.protocol !== "https:" && !(allowPrivate && url.protocol === "http:")) {
    return { problem: `The URL must begin with https://${allowPrivate ? " or http://" : ""}.` };
  }
  if (url.username !== "" || url.password !== "") {
    return { problem: "The URL must not contain a user name or a password." };
  }
  const host = bareHost(url);
  // Of dots alone. Node would take it for this machine.
  if (host === "") return { problem: "The URL must name a host." };
  const isPrivate =
    isIP(host) === 0 ? host === "localhost" || host.endsWith(".localhost") : !isPublicAddress(host);
  if (isPrivate && !allowPrivate) {
    return { problem: "The URL must not point to a private address or to this machine itself." };
  }
  return { url };
}

/** Says in a sentence why a URL that is to be saved is not allowed; undefined when it is. */
export function urlProblem(
  text: string,
  options: { readonly allowPrivate: boolean },
): string | undefined {
  const read = readOutboundUrl(text, options);
  return "problem" in read ? read.problem : undefined;
}
