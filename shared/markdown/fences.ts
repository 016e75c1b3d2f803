/** The line that opens a block of code in Markdown. */
export interface Fence {
  /** What stands before the marker: indentation, or the sign of a quotation. */
  readonly prefix: string;
  readonly marker: string;
  readonly info: string;
}

/** Reads a line as one that opens a block of code; undefined when it opens none. */
export function fenceIn(line: string): Fence | undefined {
  const start = line.search(/[^ \t>]/);
  const sign = line[start];
  if (sign !== "`" && sign !== "~") return undefined;
  let end = start;
  while (line[end] === sign) end += 1;
  const info = line.slice(end);
  if (end - start < 3 || (sign === "`" && info.includes(sign))) return undefined;
  return { prefix: line.slice(0, start), marker: line.slice(start, end), info };
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
