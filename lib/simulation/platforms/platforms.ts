import { consume as consumeInbound } from "#functions/workers/inbound/handler";
import { worker as inbound } from "#functions/workers/inbound/worker";
import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { worker as jobs } from "#functions/workers/jobs/worker";
import { keys } from "#shared/table/keys";
import type { WorkRef } from "#shared/work/work-kinds";
import { Backends, type Wording } from "../conversations/backends.ts";
import { openChat } from "../conversations/chat.ts";
import { figuresOf } from "../conversations/conversations.ts";
import { SeenConversations } from "../conversations/seen-conversations.ts";
import { sessionMinutes } from "../conversations/story.ts";
import type { Script } from "../script.ts";
import { teamOf } from "../simulated-team.ts";
import { sumOf } from "../sum-of.ts";
import type { World } from "../world.ts";
import { figuresOfCalls } from "./parts.ts";
import { SeenChannel } from "./seen-channel.ts";
import { knownStories, type PlatformStory, randomStory } from "./story.ts";
import { Telegram } from "./telegram.ts";
import { verdict } from "./verdict.ts";
import { Writers } from "./writers.ts";

/** A bot on a platform: who writes to it, its operator, its backends and the platform are played. */
export const platforms: Script<PlatformStory> = {
  name: "platforms",
  known: knownStories,
  mostCalls: 60,
  // A message that the hook refuses is told of for a day.
  horizonMs: 30 * 3_600_000,
  random: randomStory,
  begin: async (story, world) => {
    const all = new Map<string, Awaited<ReturnType<typeof oneTeam>>>();
    for (let count = 0; count < (world.options.teams ?? 1); count++) {
      const one = await world.until(oneTeam(story, world));
      all.set(one.chat.team_id, one);
    }
    const chatOf = ({ team_id }: WorkRef) => {
      const one = all.get(team_id);
      if (!one) throw new Error("There is no such team.");
      return one.chat;
    };
    world.observer.onRow = (row) => {
      const one = all.get(teamOf(row));
      one?.seen.see(row);
      one?.seenChannel.see(row);
    };
    world.serve<WorkRef<"conversation">>(
      "inbound",
      inbound.timeoutSeconds,
      (process) => (received) => consumeInbound(chatOf(received.message).deps(process))(received),
    );
    world.serve<WorkRef<"connection">>(
      "jobs",
      jobs.timeoutSeconds,
      (process) => (received) => consumeJobs(chatOf(received.message).deps(process))(received),
    );
    for (const { telegram, writers } of all.values()) {
      telegram.hasBegun = true;
      writers.begin();
    }
    return {
      verdict: (rows) =>
        [...all].flatMap(([team, one]) =>
          verdict({ ...one, story, world, rows: rows.filter((row) => teamOf(row) === team) }),
        ),
      figures: () =>
        sumOf(
          [...all.values()].flatMap(({ seen, telegram, writers }) => [
            figuresOf(seen.all()),
            figuresOfCalls(telegram.sends),
            { "times told": writers.told },
          ]),
        ),
    };
  },
};

/** A team's bot with its channel, and all whom it has to do with. */
async function oneTeam(story: PlatformStory, world: World) {
  const telegram = new Telegram(world, story);
  const backends = new Backends(world, story.backends, wordingOf(story));
  const seen = new SeenConversations(() => world.agenda.now);
  const chat = await openChat(world, {
    bot: {
      settings: {
        context_window: story.contextWindow,
        response_delay: story.delayMs,
        typing_indicator: story.typing,
        should_respond: { groups: story.groups },
        conversation: {
          mode: story.mode,
          session_timeout_minutes: story.mode === "session" ? sessionMinutes : null,
          collect_ms: story.collectMs,
        },
      },
    },
    channel: { type: "telegram", credentials: { bot_token: telegram.token } },
    backends: backends.urls.map((url) => ({ url, timeout_seconds: story.timeoutSeconds })),
    fetch: (process) => {
      const [backend, platform] = [backends.fetch(process), telegram.fetch(process)];
      return (url, request) => (backends.urls.includes(url) ? backend : platform)(url, request);
    },
  });
  const { team_id, bot, channel } = chat;
  const key = keys.channel(team_id, bot.id, channel.id);
  const seenChannel = new SeenChannel(key, () => world.agenda.now);
  const writers = new Writers(story, world, { chat, telegram, seen });
  return { telegram, backends, seen, seenChannel, chat, writers };
}

/** Three of these are longer than one plain message may be, and two are too. */
const longParagraph = " word".repeat(600);

/** What each answer says, so that each part of it is told from every other. */
const wordingOf =
  ({ paragraphs, files }: PlatformStory) =>
  (count: number): Wording => ({
    content: Array.from(
      { length: paragraphs },
      (_, place) => `answer ${count}.${place}${paragraphs > 1 ? longParagraph : ""}`,
    ).join("\n\n"),
    attachments: Array.from({ length: files }, (_, place) => ({
      type: "image",
      url: `https://files.example/${count}/${place}`,
    })),
  });
