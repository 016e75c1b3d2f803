import type { Adapter } from "../adapter.ts";
import { piecesFor } from "../pieces.ts";
import { connect, disconnect, probe, setup } from "./connect.ts";
import { download } from "./download.ts";
import { discordMarkdown } from "./markdown.ts";
import { removeAnswer, sendPiece } from "./send.ts";
import { verifierOf } from "./verify.ts";

const { pieces, plainer } = piecesFor("discord", {});

/** Discord by its interactions over HTTP, after its API v10 (https://docs.discord.com/developers). */
export const adapter: Adapter<"discord"> = {
  verifierOf,
  pieces: ({ text, attachments }) => pieces({ text: discordMarkdown(text), attachments }),
  plainer,
  send: sendPiece,
  remove: removeAnswer,
  download,
  setup,
  probe,
  connect,
  disconnect,
};
