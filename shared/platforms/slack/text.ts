import { outsideCode } from "../../markdown/code.ts";
import { escaped } from "./said-text.ts";

/** GitHub's Markdown as Slack takes it. A model may write a token that calls everybody: it stays what was written. */
export const slackMarkdown = (markdown: string) =>
  outsideCode(markdown, (text) => text.replaceAll("<!", "&lt;!"));

/** The words as they are written: nothing in them is a token. */
export const plainWords = escaped;
