import { closes, type Fence, openAfter } from "./fences.ts";

/** How large a part may be. */
export interface SplitLimit {
  readonly limit: number;
  /** What counts of a part; its UTF-16 units unless something else is given. Longer text never counts much less. */
  readonly measure?: (part: string) => number;
}

/**
 * Splits Markdown into parts within the limit: between paragraphs, else lines, else words, else what a reader takes for
 * characters. A block of code that goes on is closed in one part and opened again in the next. No part is blank, and
 * nothing is lost but blank lines and spaces at the seams.
 */
export function splitText(text: string, { limit, measure = units }: SplitLimit): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  let open: Fence | undefined;
  while (rest.trim() !== "") {
    const fence = open && repairable(open, limit);
    const opening = fence ? `${lineOf(fence)}\n` : "";
    if (measure(opening + rest) <= limit) {
      parts.push(opening + rest);
      break;
    }
    const fits = (end: number) => {
      const head = rest.slice(0, end);
      return measure(closed(opening + head, fenceAfter(head, fence, limit))) <= limit;
    };
    const end = seam(rest, fence, largest(Math.min(rest.length, 2 * limit), fits), fits);
    const head = rest.slice(0, end);
    open = fenceAfter(head, fence, limit);
    if (head.trim() !== "") parts.push(closed(opening + head, open));
    [rest, open] = afterSeam(rest.slice(end), open);
  }
  return parts;
}

const units = (part: string) => part.length;

const lineOf = ({ prefix, marker, info }: Fence) => prefix + marker + info;

/** A fence that leaves room for what it encloses: without its info string if that is long, undefined if all is. */
function repairable(fence: Fence, limit: number): Fence | undefined {
  if (fence.prefix.length + fence.marker.length > limit / 8) return undefined;
  return fence.info.length > limit / 8 ? { ...fence, info: "" } : fence;
}

function fenceAfter(head: string, before: Fence | undefined, limit: number): Fence | undefined {
  const fence = openAfter(head, before);
  return fence && repairable(fence, limit);
}

/** A part as it is sent: with an end for the code that is open at its own. */
const closed = (part: string, fence: Fence | undefined): string =>
  fence
    ? `${part}${part.endsWith("\n") ? "" : "\n"}${fence.prefix}${fence.marker}`
    : part.trimEnd();

/** The largest number up to `most` that fits, at least 1. */
function largest(most: number, fits: (end: number) => boolean): number {
  let [low, high] = [1, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where a text is cut that may go up to `most`. */
function seam(
  text: string,
  fence: Fence | undefined,
  most: number,
  fits: (end: number) => boolean,
): number {
  const head = text.slice(0, most + 1);
  const isInCode = (end: number) => openAfter(text.slice(0, end), fence) !== undefined;
  const isOutside = (end: number) => !isInCode(end);
  // Where a line opens a block there would be an empty one: it goes to the next part.
  const isNoOpening = (end: number) =>
    isInCode(Math.max(0, text.lastIndexOf("\n", end - 1))) || isOutside(end);
  const last = (mark: string, least: number, isGood: (end: number) => boolean): number => {
    for (let end = head.lastIndexOf(mark); end > least; end = head.lastIndexOf(mark, end - 1)) {
      if (end <= most && isGood(end) && fits(end)) return end;
    }
    return 0;
  };
  const half = Math.floor(most / 2);
  return (
    last("\n\n", half, isOutside) ||
    last("\n", half, isNoOpening) ||
    last(" ", half, isOutside) ||
    last("\n", 0, isNoOpening) ||
    last(" ", 0, isOutside) ||
    lastGrapheme(text, most, fits)
  );
}

/** The last boundary between two graphemes that fits. */
function lastGrapheme(text: string, most: number, fits: (end: number) => boolean): number {
  // Not at the top: the first of a process takes 10 ms, and texts are seldom cut here.
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  let end = graphemeEnd(graphemes, text, most);
  while (end > 2 && !fits(end)) end = graphemeEnd(graphemes, text, end - 1);
  return end;
}

/** The last boundary between two graphemes up to a place; inside one that is larger, that of a code point. */
function graphemeEnd(graphemes: Intl.Segmenter, text: string, most: number): number {
  // What is looked at begins at a boundary, and one of these is longer than that only to be a nuisance.
  const window = text.slice(0, most + 100);
  const start = graphemes.segment(window).containing(most)?.index ?? most;
  if (start > 0) return start;
  const isBetween = /[\ud800-\udbff]/.test(text.charAt(most - 1));
  return isBetween && most > 1 ? most - 1 : isBetween ? 2 : most;
}

/** What is left after a cut, without what the cut made needless. */
function afterSeam(rest: string, open: Fence | undefined): [string, Fence | undefined] {
  if (!open) return [withoutBlankStart(rest), undefined];
  const code = rest.startsWith("\n") ? rest.slice(1) : rest;
  const lineEnd = code.indexOf("\n");
  const line = lineEnd < 0 ? code : code.slice(0, lineEnd);
  // It was closed at the cut already.
  return rest.startsWith("\n") && closes(line, open)
    ? [withoutBlankStart(code.slice(line.length)), undefined]
    : [code, open];
}

/** A text without blank lines at its start; the indentation of its first line stays. */
function withoutBlankStart(text: string): string {
  const start = text.length - text.trimStart().length;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  return text.slice(start > 0 && lineStart > 0 ? lineStart : start);
}
