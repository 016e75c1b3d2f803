import type { Address } from "../inbound-event.ts";

/** Where an answer goes. */
export interface SlackAddress {
  readonly channel: string;
  /** The message that opened the thread. */
  readonly thread_ts?: string;
}

/** Reads an address that this adapter wrote. */
export const slackAddress = ({ channel, thread_ts }: Address): SlackAddress => ({
  channel: String(channel),
  ...(thread_ts !== undefined && { thread_ts: String(thread_ts) }),
});
