import { codeRuns } from "./code.ts";

/** What stands before and after words of each kind. */
export interface Marks {
  readonly strong: string;
  readonly emphasis: string;
  readonly struck: string;
}

/** A paragraph of Markdown with other marks, and links written out. Code and addresses stay as they are. */
export function withMarks(markdown: string, marks: Marks): string {
  const kept: string[] = [];
  const keep = (text: string) => `\uE000${kept.push(text) - 1}\uE001`;
  const safe = codeRuns(markdown)
    .map(({ text, is_code }) => (is_code ? keep(text) : text))
    .join("")
    .replace(tokens, (found: string, label?: string, target?: string) => {
      if (found.startsWith("\\")) return keep(found.slice(1));
      if (label === undefined) return keep(found.startsWith("<") ? found.slice(1, -1) : found);
      const url = target ?? "";
      return label.trim() === "" || label === url ? keep(url) : `${label} (${keep(url)})`;
    });
  return paired(safe, marks).replace(
    /\uE000(\d+)\uE001/g,
    (found: string, place: string) => kept[Number(place)] ?? found,
  );
}

// In turn: an escaped character, a link or a picture, an address in angle brackets, an address.
const tokens =
  /\\[!-/:-@[-`{-~]|!?\[([^[\]]*)\]\(<?([^()<>\s\uE000]*(?:\([^()<>\s\uE000]*\)[^()<>\s\uE000]*)*)>?(?: "[^"\n]*")?\)|<https?:\/\/[^\s<>\uE000]*>|https?:\/\/[^\s<>*\uE000]*/g;

/** Signs in a row that may begin or end marked words. */
interface Run {
  readonly sign: string;
  readonly start: number;
  readonly length: number;
  left: number;
  readonly opens: boolean;
  readonly closes: boolean;
  /** What is written instead for words that end here, and for those that begin, each from the words outwards. */
  readonly ends: string[];
  readonly begins: string[];
}

/** Pairs the signs as CommonMark does, but none in the middle of a word, where `2*3*4` is no emphasis. */
function paired(text: string, marks: Marks): string {
  const runs = Array.from(text.matchAll(/\*+|_+|~~/g), ({ 0: signs, index }) =>
    runAt(text, signs, index),
  );
  const waiting: Record<string, Run[]> = { "*": [], _: [], "~": [] };
  for (const run of runs) {
    const openers = waiting[run.sign] ?? [];
    for (
      let opener = openers.at(-1);
      run.closes && run.left > 0 && opener;
      opener = openers.at(-1)
    ) {
      const { start } = opener;
      // What was begun within ends with it.
      for (const others of Object.values(waiting)) {
        while ((others.at(-1)?.start ?? -1) > start) others.pop();
      }
      const isStrong = opener.left > 1 && run.left > 1;
      const mark = run.sign === "~" ? marks.struck : isStrong ? marks.strong : marks.emphasis;
      opener.left -= isStrong ? 2 : 1;
      run.left -= isStrong ? 2 : 1;
      opener.begins.push(mark);
      run.ends.push(mark);
      if (opener.left === 0) openers.pop();
    }
    if (run.opens && run.left > 0) openers.push(run);
  }
  let written = "";
  let done = 0;
  for (const { sign, start, length, left, ends, begins } of runs) {
    const instead = [...ends, sign.repeat(left), ...begins.toReversed()].join("");
    written += text.slice(done, start) + instead;
    done = start + length;
  }
  return written + text.slice(done);
}

function runAt(text: string, signs: string, start: number): Run {
  const before = text.charAt(start - 1);
  const after = text.charAt(start + signs.length);
  return {
    sign: signs.charAt(0),
    start,
    length: signs.length,
    left: signs.length,
    opens: isWritten(after) && !isOfWord(before),
    closes: isWritten(before) && !isOfWord(after),
    ends: [],
    begins: [],
  };
}

const isWritten = (character: string) => character.trim() !== "";

/** Of a script that has spaces between words. */
const isOfWord = (character: string) => /[\p{Lu}\p{Ll}\p{N}]/u.test(character);
