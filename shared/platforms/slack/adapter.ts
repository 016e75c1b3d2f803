import type { Adapter } from "../adapter.ts";
import { piecesFor } from "../pieces.ts";
import { connect, disconnect, probe, setup } from "./connect.ts";
import { download } from "./download.ts";
import { lookUpUser } from "./look-up-user.ts";
import { removeMessage, sendPiece, showTyping } from "./send.ts";
import { plainWords, slackMarkdown } from "./text.ts";
import { verifierOf } from "./verify.ts";

/** Slack, after its Events API and Web API (https://docs.slack.dev). */
export const adapter: Adapter<"slack"> = {
  verifierOf,
  ...piecesFor("slack", { marked: slackMarkdown, plain: plainWords }),
  send: sendPiece,
  remove: removeMessage,
  typing: showTyping,
  download,
  lookUpUser,
  setup,
  probe,
  connect,
  disconnect,
};
