import { closes, type Fence, fenceIn } from "./fences.ts";

/** Markdown without a line between code and what is none; the marks of code count to it. */
export interface Run {
  readonly text: string;
  readonly is_code: boolean;
}

/** Tells code, whose characters mean themselves, from the rest of a Markdown text. Joined, the runs are the text. */
export function codeRuns(markdown: string): readonly Run[] {
  const runs: Run[] = [];
  let block = "";
  let open: Fence | undefined;
  const endBlock = () => {
    runs.push(...spansIn(block));
    block = "";
  };
  for (const line of markdown.split(/(?<=\n)/)) {
    const words = line.endsWith("\n") ? line.slice(0, -1) : line;
    // A block in a quotation ends with it.
    if (open?.prefix.includes(">") && !/^\s*>/.test(words)) open = undefined;
    const opened = open ? undefined : fenceIn(words);
    if (open || opened) {
      endBlock();
      runs.push({ text: line, is_code: true });
      if (open && closes(words, open)) open = undefined;
      else open ??= opened;
    } else {
      block += line;
      // A span of code does not go over an empty line.
      if (words.trim() === "") endBlock();
    }
  }
  endBlock();
  return runs.filter(({ text }) => text !== "");
}

/** Makes something else of all that is no code. */
export const outsideCode = (markdown: string, change: (text: string) => string): string =>
  codeRuns(markdown)
    .map(({ text, is_code }) => (is_code ? text : change(text)))
    .join("");

/** Spans in back-ticks: a run of them opens one if a later run of the same length closes it. */
function spansIn(block: string): readonly Run[] {
  const ticks = [...block.matchAll(/`+/g)].map(({ index, 0: { length } }) => {
    const escaped = isEscaped(block, index) ? 1 : 0;
    return { from: index, opens: length - escaped, closes: length, end: index + length };
  });
  const runs: Run[] = [];
  const unclosed = new Set<number>();
  let done = 0;
  for (let at = 0; at < ticks.length; at += 1) {
    const opening = ticks[at];
    if (!opening || opening.opens === 0 || unclosed.has(opening.opens)) continue;
    let closing = at + 1;
    while (closing < ticks.length && ticks[closing]?.closes !== opening.opens) closing += 1;
    const end = ticks[closing]?.end;
    if (end === undefined) {
      unclosed.add(opening.opens);
      continue;
    }
    const start = opening.end - opening.opens;
    runs.push({ text: block.slice(done, start), is_code: false });
    runs.push({ text: block.slice(start, end), is_code: true });
    done = end;
    at = closing;
  }
  return [...runs, { text: block.slice(done), is_code: false }];
}

/** Whether a backslash takes the meaning from the character at this place. */
function isEscaped(text: string, place: number): boolean {
  let backslashes = 0;
  while (text[place - 1 - backslashes] === "\\") backslashes += 1;
  return backslashes % 2 === 1;
}

/** Makes something else of the lines between blocks of code; what stands in a block, and its marks, stay. */
export function outsideFences(
  markdown: string,
  change: (lines: readonly string[]) => readonly string[],
): string {
  const changed: string[] = [];
  let between: string[] = [];
  let open: Fence | undefined;
  for (const line of markdown.split("\n")) {
    const opened = open ? undefined : fenceIn(line);
    if (!open && !opened) {
      between.push(line);
      continue;
    }
    changed.push(...change(between), line);
    between = [];
    if (open && closes(line, open)) open = undefined;
    else open ??= opened;
  }
  return [...changed, ...change(between)].join("\n");
}
