import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { worker as jobs } from "#functions/workers/jobs/worker";
import { keys } from "#shared/table/keys";
import type { WorkRef } from "#shared/work/work-kinds";
import { Backends } from "../conversations/backends.ts";
import { openChat } from "../conversations/chat.ts";
import { figuresOf } from "../conversations/conversations.ts";
import type { Wording } from "../conversations/models.ts";
import { SeenConversations } from "../conversations/seen-conversations.ts";
import { sessionMinutes } from "../conversations/story.ts";
import { Endpoints } from "../events/endpoints.ts";
import type { Script } from "../script.ts";
import { ofTeam, serveDeliveries, serveInbound } from "../serve-chats.ts";
import { teamOf } from "../simulated-team.ts";
import { sumOf } from "../sum-of.ts";
import type { World } from "../world.ts";
import { Bucket } from "./bucket.ts";
import { Discord } from "./discord.ts";
import { knownStories } from "./known-stories.ts";
import { Operator } from "./operator.ts";
import { figuresOfCalls } from "./parts.ts";
import { randomStory } from "./random-story.ts";
import { SeenChannel } from "./seen-channel.ts";
import { filesHost } from "./server.ts";
import { Slack } from "./slack.ts";
import type { PlatformStory } from "./story.ts";
import { Telegram } from "./telegram.ts";
import { verdict } from "./verdict.ts";
import { WhatsApp } from "./whatsapp.ts";
import { Writers } from "./writers.ts";

const servers = { telegram: Telegram, slack: Slack, discord: Discord, whatsapp: WhatsApp };

/** A bot on a platform: who writes to it, its operator, its backends and the platform are played. */
export const platforms: Script<PlatformStory> = {
  name: "platforms",
  known: knownStories,
  mostCalls: 60,
  // A message that the hook refuses is told of for a day.
  horizonMs: 30 * 3_600_000,
  random: (draws) => randomStory(draws),
  begin: async (story, world) => {
    const all = new Map<string, OneTeam>();
    for (let count = 0; count < (world.options.teams ?? 1); count++) {
      const one = await world.until(oneTeam(story, world));
      all.set(one.chat.team_id, one);
    }
    world.observer.onRow = (row) => {
      const one = all.get(teamOf(row));
      one?.seen.see(row);
      one?.seenChannel.see(row);
    };
    serveAll(world, ofTeam(all));
    for (const { server, writers, operator } of all.values()) {
      server.hasBegun = true;
      writers.begin();
      void operator.begin();
    }
    return {
      verdict: (rows) =>
        [...all].flatMap(([team, one]) =>
          verdict({ ...one, story, world, rows: rows.filter((row) => teamOf(row) === team) }),
        ),
      figures: () =>
        sumOf([
          { [`runs on ${story.platform}`]: 1 },
          ...[...all.values()].flatMap(({ seen, server, bucket, writers }) => [
            figuresOf(seen.all()),
            figuresOfCalls(server.sends),
            { "files fetched": bucket.puts },
            { "times told": writers.told },
          ]),
        ]),
    };
  },
};

type OneTeam = Awaited<ReturnType<typeof oneTeam>>;

function serveAll(world: World, teamOfWork: (ref: WorkRef) => OneTeam): void {
  serveInbound(world, teamOfWork);
  world.serve<WorkRef<"connection">>(
    "jobs",
    jobs.timeoutSeconds,
    (process) => (received) =>
      consumeJobs(teamOfWork(received.message).chat.deps(process))(received),
  );
  serveDeliveries(world, teamOfWork);
}

/** A team's bot with its channel, and all whom it has to do with. */
async function oneTeam(story: PlatformStory, world: World) {
  const server = new servers[story.platform](world, story);
  const backends = new Backends(world, story, wordingOf(story));
  const seen = new SeenConversations(() => world.agenda.now);
  const bucket = new Bucket();
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
    channel: { type: story.platform, credentials: server.credentials() },
    backends: backends.integrations,
    blobs: (process) => bucket.of(process),
    fetch: (process) => {
      const [backend, platform] = [backends.fetch(process), server.fetch(process)];
      return (url, request) => (backends.isThere(url) ? backend : platform)(url, request);
    },
  });
  const { team_id, bot, channel } = chat;
  // On Slack its owner tells it whom to call.
  if (server.hook_url === "") server.hook_url = channel.webhook_url ?? "";
  const endpoints = new Endpoints(world, {
    id: team_id,
    secrets: (process) => chat.deps(process).secrets,
  });
  const endpoint = await endpoints.add({
    events: ["channel.disconnected"],
    receipts: [{ does: "ok", ms: 20 }],
    downMs: 0,
    changes: [],
  });
  const key = keys.channel(team_id, bot.id, channel.id);
  const seenChannel = new SeenChannel(key, () => world.agenda.now);
  const writers = new Writers(story, world, { chat, server });
  const operator = new Operator(story, world, { chat, server, seen, writers });
  const played = { server, backends, bucket, endpoints, endpoint, writers, operator };
  return { ...played, seen, seenChannel, chat };
}

/** What each answer says, so that each part of it is told from every other. */
function wordingOf({ platform, paragraphs, files }: PlatformStory) {
  // Three of these are longer than one plain message may be, and two are too.
  const long = " word".repeat(platform === "discord" ? 350 : 600);
  return (count: number): Wording => ({
    content: Array.from(
      { length: paragraphs },
      (_, place) => `answer ${count}.${place}${paragraphs > 1 ? long : ""}`,
    ).join("\n\n"),
    attachments: Array.from({ length: files }, (_, place) => ({
      type: "image",
      url: `${filesHost}${count}/${place}`,
    })),
  });
}
