import type { Address } from "../inbound-event.ts";

/** Where an answer goes. */
interface DiscordAddress {
  readonly channel_id: string;
  /** The most bytes of one file that may be sent there. */
  readonly size_limit: number;
  /** Whether a user brought the app along to where it is not itself. */
  readonly is_guest: boolean;
  /** Without it the answer goes into the channel. */
  readonly command?: OpenCommand;
}

/** A command that can be answered. */
export interface OpenCommand {
  readonly application_id: string;
  readonly token: string;
  /** When the token ends; unix milliseconds. */
  readonly until: number;
  /** How many messages went out by it. The first stands where Discord shows that the bot is thinking. */
  readonly sent: number;
}

/** What Discord calls the first answer to a command, which is the sign that the bot is thinking until that comes. */
export const original = "@original";

/** How long the token of a command is good. */
export const tokenMs = 15 * 60_000;

/** Reads an address that this adapter wrote. */
export const discordAddress = (address: Address): DiscordAddress => ({
  channel_id: String(address["channel_id"]),
  size_limit: Number(address["size_limit"]),
  is_guest: address["is_guest"] === 1,
  ...(address["token"] !== undefined && {
    command: {
      application_id: String(address["application_id"]),
      token: String(address["token"]),
      until: Number(address["token_until"]),
      sent: Number(address["sent"]),
    },
  }),
});
