import { tablesAsCode } from "../../markdown/tables.ts";
import type { Adapter } from "../adapter.ts";
import { piecesFor } from "../pieces.ts";
import { connect, disconnect, setup } from "./connect.ts";
import { download } from "./download.ts";
import { probe } from "./probe.ts";
import { sendPiece, showTyping } from "./send.ts";
import { whatsAppText } from "./text.ts";
import { verifierOf } from "./verify.ts";

const { pieces, plainer } = piecesFor("whatsapp", { marked: whatsAppText });

/** WhatsApp, after the Cloud API v25.0 (https://developers.facebook.com/documentation/business-messaging/whatsapp). */
export const adapter: Adapter<"whatsapp"> = {
  verifierOf,
  pieces: ({ text, attachments }) => pieces({ text: tablesAsCode(text), attachments }),
  plainer,
  send: sendPiece,
  typing: showTyping,
  download,
  setup,
  probe,
  connect,
  disconnect,
};
