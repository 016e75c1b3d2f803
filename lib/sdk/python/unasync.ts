/** The same for programs that wait: what stands in `aio` as the other client has it. */
export function unasync(source: string): string {
  return withoutAwaitable(source)
    .replaceAll(/\basync (def|for|with)\b/g, "$1")
    .replaceAll(/\bawait /g, "")
    .replaceAll("__aenter__", "__enter__")
    .replaceAll("__aexit__", "__exit__")
    .replaceAll("__aiter__", "__iter__")
    .replaceAll(".aclose()", ".close()")
    .replaceAll(/\bAsync([A-Z])/g, "$1");
}

/** `Awaitable[Page[Row]]` is `Page[Row]`. */
function withoutAwaitable(source: string): string {
  const start = source.indexOf("Awaitable[");
  if (start < 0) return source;
  const open = start + "Awaitable".length;
  let depth = 0;
  for (let at = open; at < source.length; at++) {
    if (source[at] === "[") depth += 1;
    if (source[at] === "]") depth -= 1;
    if (depth === 0) {
      return withoutAwaitable(
        source.slice(0, start) + source.slice(open + 1, at) + source.slice(at + 1),
      );
    }
  }
  throw new Error("An Awaitable has no end.");
}
