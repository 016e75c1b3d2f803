import { consume as consumeInbound } from "#functions/workers/inbound/handler";
import { worker as inbound } from "#functions/workers/inbound/worker";
import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { worker as jobs } from "#functions/workers/jobs/worker";
import { depsOf } from "../deps-of.ts";
import type { Script } from "../script.ts";
import { Backends } from "./backends.ts";
import { openChat } from "./chat.ts";
import { People } from "./people.ts";
import { SeenConversations } from "./seen-conversations.ts";
import { type ChatStory, knownStories, randomStory, sessionMinutes } from "./story.ts";
import { verdict } from "./verdict.ts";

/** Conversations of one bot: its users, its operator and its backends are played. */
export const conversations: Script<ChatStory> = {
  name: "conversations",
  known: knownStories,
  mostCalls: 70,
  random: randomStory,
  begin: async (story, world) => {
    const backends = new Backends(story.backends, world.options.latencyMs);
    const seen = new SeenConversations(() => world.agenda.now);
    world.observer.onRow = (row) => seen.see(row);
    const chat = await openChat(world, {
      bot: {
        settings: {
          context_window: story.contextWindow,
          response_delay: story.delayMs,
          conversation: {
            mode: story.mode,
            session_timeout_minutes: story.mode === "session" ? sessionMinutes : null,
          },
        },
      },
      backends: backends.urls.map((url) => ({ url, timeout_seconds: story.timeoutSeconds })),
      fetch: (process) => backends.fetch(process),
    });
    world.serve("inbound", inbound.timeoutSeconds, (process) => consumeInbound(chat.deps(process)));
    world.serve("jobs", jobs.timeoutSeconds, (process) => consumeJobs(depsOf(process)));
    const people = new People(story, world, chat);
    people.begin();
    return {
      verdict: (rows) => [
        ...seen.problems,
        ...verdict({
          story,
          world,
          chat,
          people,
          backends,
          seen,
          rows,
        }),
      ],
      figures: () => figuresOf(seen),
    };
  },
};

function figuresOf(seen: SeenConversations): Record<string, number> {
  const figures: Record<string, number> = {};
  const count = (name: string) => (figures[name] = (figures[name] ?? 0) + 1);
  for (const { messages } of seen.all()) {
    count("conversations");
    for (const { role, delivery, reply_number, metadata } of messages.values()) {
      if (role === "user") count("messages");
      if (role === "user" && !reply_number) count("messages left without a reply");
      if (delivery) count(`replies ${delivery.status}`);
      if (metadata["failed"] === true) count("error messages");
    }
  }
  return figures;
}
