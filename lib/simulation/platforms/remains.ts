import type { Id } from "#shared/runtime/ids";
import type { Item } from "#shared/table/table";
import type { Backends } from "../conversations/backends.ts";
import type { Chat } from "../conversations/chat.ts";
import type { SeenConversations } from "../conversations/seen-conversations.ts";
import type { Endpoint } from "../events/endpoints.ts";
import type { World } from "../world.ts";
import type { Bucket } from "./bucket.ts";
import type { Operator } from "./operator.ts";
import type { SeenChannel } from "./seen-channel.ts";
import type { Server } from "./server.ts";
import type { PlatformStory } from "./story.ts";
import type { Writers } from "./writers.ts";

/** What is looked at when a run is over. */
export interface Remains {
  readonly story: PlatformStory;
  readonly world: World;
  readonly chat: Chat;
  readonly writers: Writers;
  readonly operator: Operator;
  readonly server: Server;
  readonly bucket: Bucket;
  readonly backends: Backends;
  readonly seen: SeenConversations;
  readonly seenChannel: SeenChannel;
  /** Who is told that the channel is disconnected. */
  readonly endpoint: Endpoint;
  readonly rows: readonly Item[];
}

/** Conversations that are not there any more, for whatever reason. */
export type Gone = ReadonlySet<Id<"conv">>;

export type Say = (problem: string) => void;

/** What a worker needs from one thing to the next when nothing goes wrong. */
export const soonMs = 3_000;
