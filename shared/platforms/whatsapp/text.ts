import { closes, type Fence, fenceIn } from "../../markdown/fences.ts";
import { headingIn } from "../../markdown/headings.ts";
import { type Marks, withMarks } from "../../markdown/marks.ts";

const marks: Marks = { strong: "*", emphasis: "_", struck: "~" };

/**
 * GitHub's Markdown as WhatsApp writes it: bold, italic and struck text with its own marks, headings as bold lines, links
 * written out. Code stays as it is, without the name of its language; tables have to be code already.
 */
export function whatsAppText(markdown: string): string {
  const written: string[] = [];
  let paragraph: string[] = [];
  let open: Fence | undefined;
  const endParagraph = () => {
    if (paragraph.length > 0) written.push(withMarks(paragraph.join("\n"), marks));
    paragraph = [];
  };
  for (const line of markdown.split("\n")) {
    const fence = fenceIn(line);
    if (open || fence) {
      const isEnd = open !== undefined && closes(line, open);
      endParagraph();
      written.push(isEnd || !open ? `${fence?.prefix ?? ""}\`\`\`` : line);
      open = isEnd ? undefined : (open ?? fence);
      continue;
    }
    const heading = headingIn(line);
    const item = /^([ \t]*)[*+-]([ \t])/.exec(line);
    if (heading || item || line.trim() === "") endParagraph();
    if (heading) written.push(boldLine(heading.words));
    else if (line.trim() === "") written.push(line);
    // As bold text begins with the sign of an item, those are written with the other sign.
    else paragraph.push(item ? `${item[1]}-${item[2]}${line.slice(item[0].length)}` : line);
  }
  endParagraph();
  if (open) written.push("```");
  return written.join("\n");
}

const boldLine = (words: string) =>
  words === "" ? "" : `*${withMarks(words, { ...marks, strong: "" })}*`;
