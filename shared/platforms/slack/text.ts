import { codeRuns } from "../../markdown/code.ts";
import { escaped } from "./said-text.ts";

/**
 * GitHub's Markdown as Slack takes it. A model may write a token that calls everybody: it stays what was written. In code
 * only such a token is broken, by a sign that nobody sees, because Slack may take for text what we take for code.
 */
export const slackMarkdown = (markdown: string) =>
  codeRuns(markdown)
    .map(({ text, is_code }) =>
      is_code ? text.replace(calls, "<\u2060!") : text.replaceAll("<!", "&lt;!"),
    )
    .join("");

/** Words of ours; that of a date, and of HTML's `<!doctype`, begins with another letter. */
const calls = /<!(?=[a-ce-z])/g;

/** The words as they are written: nothing in them is a token. */
export const plainWords = escaped;
