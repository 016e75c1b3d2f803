import { withoutEnd } from "../runtime/without-end.ts";
import type { OutboundError } from "./outbound-error.ts";

/** The sentence of a call that brought no answer, with what is to be mended about a connection, where that can be told. */
export function explained({ message, cause }: OutboundError): string {
  const why = cause instanceof Error ? whyOf(cause) : undefined;
  return why === undefined ? message : `${withoutEnd(message, ".")}: ${why}.`;
}

function whyOf(cause: NodeJS.ErrnoException & { readonly reason?: unknown }): string | undefined {
  const { code = "", message, reason } = cause;
  // The parser's own words, such as a length beside chunks.
  if (code.startsWith("HPE_") && typeof reason === "string") return reason;
  return problems.find(([words]) => words.test(`${code} ${message}`))?.[1];
}

/** What the words of Node and OpenSSL mean to people. */
const problems: readonly (readonly [RegExp, string])[] = [
  [/^CERT_HAS_EXPIRED/, "it has expired"],
  [/^ERR_TLS_CERT_ALTNAME/, "it is for another name"],
  [/^DEPTH_ZERO_SELF_SIGNED/, "it is signed by itself"],
  [/^(SELF_SIGNED_CERT_IN|UNABLE_TO_)/, "its authority is not known, or its chain is incomplete"],
  [/wrong version number/, "what answers there does not speak TLS"],
  [/alert protocol version|unsupported protocol/, "it has no TLS 1.2"],
  [/before secure TLS/, "it did not go on with TLS"],
];
