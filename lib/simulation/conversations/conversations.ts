import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { worker as jobs } from "#functions/workers/jobs/worker";
import type { Item } from "#shared/table/table";
import { jobsDepsOf } from "../deps-of.ts";
import type { Script } from "../script.ts";
import { ofTeam, serveInbound } from "../serve-chats.ts";
import { teamOf } from "../simulated-team.ts";
import type { World } from "../world.ts";
import { Backends } from "./backends.ts";
import { openChat } from "./chat.ts";
import { loadModels } from "./models.ts";
import { People } from "./people.ts";
import { SeenBackends } from "./seen-backends.ts";
import { type SeenConversation, SeenConversations } from "./seen-conversations.ts";
import { type ChatStory, knownStories, randomWithModels, sessionMinutes } from "./story.ts";
import { verdict } from "./verdict.ts";

/** Conversations of one bot: its users, its operator and its backends are played. */
export const conversations: Script<ChatStory> = {
  name: "conversations",
  known: knownStories,
  mostCalls: 70,
  random: randomWithModels,
  begin: async (story, world) => {
    await loadModels();
    const { teams = 1 } = world.options;
    const all = new Map<string, Awaited<ReturnType<typeof oneTeam>>>();
    for (let count = 0; count < teams; count++) {
      const one = await oneTeam(story, world);
      all.set(one.chat.team_id, one);
    }
    world.observer.onRow = (row) => all.get(teamOf(row))?.see(row);
    serveInbound(world, ofTeam(all));
    world.serve("jobs", jobs.timeoutSeconds, (process) => consumeJobs(jobsDepsOf(process)));
    for (const { people } of all.values()) people.begin();
    return {
      verdict: (rows) =>
        [...all].flatMap(([team, { seen, ...one }]) => [
          ...seen.problems,
          ...verdict({
            story,
            world,
            ...one,
            seen,
            rows: rows.filter((row) => teamOf(row) === team),
          }),
        ]),
      figures: () => figuresOf([...all.values()].flatMap(({ seen }) => seen.all())),
    };
  },
};

/** A team's bot, its users and its backends. */
export async function oneTeam(story: ChatStory, world: World) {
  const backends = new Backends(world, story);
  const seen = new SeenConversations(() => world.agenda.now);
  const seenBackends = new SeenBackends(() => world.agenda.now);
  const chat = await openChat(world, {
    bot: {
      settings: {
        ...(story.prompt !== "" && { system_prompt: story.prompt }),
        routing: { sticky: story.isSticky ? "conversation" : null },
        context_window: story.contextWindow,
        response_delay: story.delayMs,
        conversation: {
          mode: story.mode,
          session_timeout_minutes: story.mode === "session" ? sessionMinutes : null,
          collect_ms: story.collectMs,
        },
      },
    },
    backends: backends.integrations,
    fetch: (process) => backends.fetch(process),
  });
  const see = (row: Item) => {
    seen.see(row);
    seenBackends.see(row);
  };
  return { backends, seen, seenBackends, see, chat, people: new People(story, world, chat) };
}

/** What there was of what. */
export function figuresOf(seen: readonly SeenConversation[]): Record<string, number> {
  const figures: Record<string, number> = {};
  const count = (name: string) => (figures[name] = (figures[name] ?? 0) + 1);
  for (const { messages } of seen) {
    count("conversations");
    for (const { role, delivery, number, reply_number, metadata } of messages.values()) {
      if (role === "user" && reply_number && messages.get(reply_number)?.reply_to !== number) {
        count("messages answered with a later one");
      }
      if (role === "user") count("messages");
      if (role === "user" && !reply_number) count("messages left without a reply");
      if (delivery) count(`replies ${delivery.status}`);
      if (metadata["failed"] === true) count("error messages");
    }
  }
  return figures;
}
