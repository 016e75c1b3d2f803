/** The line that opens a block of code in Markdown. */
export interface Fence {
  /** What stands before the marker: indentation, or the sign of a quotation. */
  readonly prefix: string;
  readonly marker: string;
  readonly info: string;
}

/** Reads a line as one that opens a block of code; undefined when it opens none. */
export function fenceIn(line: string): Fence | undefined {
  const [, prefix = "", marker = "", info = ""] = /^([ \t>]*)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  if (marker === "" || (marker.startsWith("`") && info.includes("`"))) return undefined;
  return { prefix, marker, info };
}

/** Whether a line ends the block of code that this fence opened. */
export function closes(line: string, { marker }: Fence): boolean {
  const fence = fenceIn(line);
  return fence !== undefined && fence.info.trim() === "" && fence.marker.startsWith(marker);
}

/** The block of code that is open after these lines, if `before` was open at their start. */
export function openAfter(text: string, before: Fence | undefined): Fence | undefined {
  let open = before;
  for (const line of text.split("\n")) {
    if (open === undefined) open = fenceIn(line);
    else if (closes(line, open)) open = undefined;
  }
  return open;
}
