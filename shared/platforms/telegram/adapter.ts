import type { Adapter } from "../adapter.ts";
import { piecesFor } from "../pieces.ts";
import { connect, disconnect, probe, setup } from "./connect.ts";
import { download } from "./download.ts";
import { richMarkdown } from "./rich-markdown.ts";
import { sendPiece, showTyping } from "./send.ts";
import { verifierOf } from "./verify.ts";

/** Telegram, after Bot API 10.3 (https://core.telegram.org/bots/api). */
export const adapter: Adapter<"telegram"> = {
  verifierOf,
  ...piecesFor("telegram", { marked: richMarkdown }),
  send: sendPiece,
  typing: showTyping,
  download,
  setup,
  probe,
  connect,
  disconnect,
};
