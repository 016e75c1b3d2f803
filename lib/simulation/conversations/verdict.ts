import type { StoredMessage } from "#shared/conversations/message";
import type { Item } from "#shared/table/table";
import type { World } from "../world.ts";
import type { Backends } from "./backends.ts";
import type { Chat } from "./chat.ts";
import { maybeClosed } from "./closed.ts";
import { checkDialogue, sentAs } from "./dialogue.ts";
import type { People } from "./people.ts";
import { checkRouting } from "./routing.ts";
import { indexOf, textOf } from "./said.ts";
import type { SeenBackends } from "./seen-backends.ts";
import type { SeenConversations } from "./seen-conversations.ts";
import type { ChatStory } from "./story.ts";

/** What is looked at when a run is over. */
export interface Remains {
  readonly story: ChatStory;
  readonly world: World;
  readonly chat: Chat;
  readonly people: People;
  readonly backends: Backends;
  readonly seen: SeenConversations;
  readonly seenBackends: SeenBackends;
  readonly rows: readonly Item[];
}

type Say = (problem: string) => void;

/** Everything that is not as promised, in sentences. */
export function verdict(remains: Remains): string[] {
  const { people, seen, story } = remains;
  const problems = [...people.problems];
  const say: Say = (problem) => problems.push(problem);
  for (const index of story.messages.keys()) checkKept(remains, index, say);
  for (const { id, messages } of seen.all()) {
    const sayOf: Say = (problem) => say(`${id}: ${problem}`);
    for (const one of messages.values()) {
      const question = messages.get(one.reply_to ?? 0);
      if (question) checkDelivery(remains, question, one, sayOf);
    }
  }
  checkDialogue(remains, say);
  checkRouting(remains, say);
  return problems;
}

/** A message is kept once, whoever sent it how often, under the id that its clients were told. */
function checkKept({ people, seen }: Remains, index: number, say: Say): void {
  const text = textOf(index);
  const copies = seen
    .all()
    .flatMap(({ messages }) => [...messages.values()])
    .filter((message) => message.role === "user" && indexOf(message) === index);
  const [copy] = copies;
  if (!copy || copies.length > 1) return say(`${text} is kept ${copies.length} times`);
  const sent = people.sent.filter((one) => one.index === index);
  if (sent.length === 0) say(`${text} is never answered to its client`);
  const { id, conversation_id } = copy;
  for (const { kept } of sent) {
    if (kept && kept.id !== id) say(`${text} is ${id} and was said to be ${kept.id}`);
    if (kept && kept.conversation_id !== conversation_id) say(`${text} was said to be elsewhere`);
    if (!kept && !people.deleted.has(conversation_id)) say(`${text} is refused and there`);
  }
}

/** A reply leaves when its time has come. */
function checkDelivery(
  remains: Remains,
  question: StoredMessage,
  { number, conversation_id, updated_at, delivery }: StoredMessage,
  say: Say,
): void {
  const { story, people } = remains;
  const { from } = sentAs(remains, question) ?? {};
  const isClosed = maybeClosed(people.closed, from, Infinity, "channel");
  if (delivery?.status === "pending" && !people.deleted.has(conversation_id)) {
    say(`reply ${number} never leaves`);
  }
  if (delivery?.status === "skipped" && !isClosed) say(`reply ${number} is skipped`);
  if (delivery?.status === "failed" && delivery.error?.code !== "not_answered") {
    say(`reply ${number} fails with ${delivery.error?.code}`);
  }
  const after = Date.parse(updated_at) - Date.parse(question.created_at);
  if (delivery?.status === "sent" && after < story.delayMs.min_ms) {
    say(`reply ${number} left after ${after} ms`);
  }
}
