import { Discord } from "./discord.ts";
import { type Remains, type Say, soonMs } from "./remains.ts";
import type { PlatformStory } from "./story.ts";

/** Whether the channel has the living token in the end, or had when it was deleted. */
export const lives = ({ acts }: PlatformStory): boolean => {
  const inOrder = acts.toSorted((one, other) => one.atMs - other.atMs).map(({ does }) => does);
  const removal = inOrder.indexOf("remove");
  const done = removal < 0 ? inOrder : inOrder.slice(0, removal);
  const last = done.findLast((does) => ["revoke", "uninstall", "renew"].includes(does));
  return last === undefined || last === "renew";
};

/** A channel with a living token is connected; one with a dead token calls nobody once that is known. */
export function checkChannel(remains: Remains, say: Say): void {
  if (remains.operator.removed) checkRemoved(remains, say);
  else checkStatus(remains, say);
  checkTold(remains, say);
  const { world, server, seenChannel } = remains;
  if (world.observer.faults > 0) return;
  for (const { from, until } of seenChannel.disconnected) {
    const dead = server.asked.filter(({ at }) => at > from + soonMs && at < until);
    if (dead.length > 0) say(`${dead.length} calls are made although the channel is disconnected`);
  }
}

function checkStatus({ story, server, seenChannel, chat, world }: Remains, say: Say): void {
  const isAlive = lives(story);
  const { status } = seenChannel.now ?? chat.channel;
  const isRight = status === "connected" || (status === "disconnected" && !isAlive);
  if (!isRight) say(`the channel is ${status}`);
  if (isAlive && server.hook_url !== chat.channel.webhook_url) say("the platform calls another");
  if (world.observer.faults > 0) return;
  const isFound = server.asked.some(
    ({ does, at }) => does === "unauthorized" && at >= server.tokenSince,
  );
  const isChanged = story.acts.some(({ does }) => does === "close" || does === "open");
  if (!isAlive && isFound && !isChanged && status === "connected") say("the channel is connected");
}

/** A deleted channel leaves nothing but who did it, and is let go at the platform when its token is good. */
function checkRemoved({ story, server, chat: { channel }, rows }: Remains, say: Say): void {
  const left = rows.filter((row) => {
    const isElsewhere = row.sk === "RECEIPT" || /#(EVENT|DELIVERY|WEBHOOK)#/.test(row.pk);
    return !isElsewhere && row["action"] === undefined && JSON.stringify(row).includes(channel.id);
  });
  for (const { pk, sk } of left) say(`${pk} ${sk} is left of the channel`);
  if (rows.filter(({ action }) => action === "channel.deleted").length !== 1) {
    say("its deletion has not one audit entry");
  }
  // Slack has nothing of ours, and what has a dead token cannot be taken back.
  if (server.name === "slack" || !lives(story)) return;
  if (server.hook_url !== "") say("the platform still calls the channel");
  if (server instanceof Discord && !server.isLeft) say("the command /ask is left");
}

/** Each time that the channel is disconnected is told once. */
function checkTold({ seenChannel, endpoint, world }: Remains, say: Say): void {
  const ids = new Set(endpoint.received.map(({ id }) => id));
  const heard = endpoint.received.filter(({ isHeard }) => isHeard);
  if (ids.size !== seenChannel.disconnected.length) {
    say(`it was disconnected ${seenChannel.disconnected.length} times and told ${ids.size} times`);
  }
  if (new Set(heard.map(({ id }) => id)).size !== ids.size) say("nobody heard of an event");
  if (world.observer.faults === 0 && endpoint.received.length > ids.size) {
    say("an event is told again that was heard");
  }
}
