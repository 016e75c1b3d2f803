import { fieldsOf, wordsIn } from "../../schema/json-fields.ts";
import type { AdapterDeps } from "../adapter.ts";
import type { PlatformUser } from "../inbound-event.ts";
import { callSlack, type SlackCredentials } from "./call-slack.ts";

/** What a user is called in Slack; undefined when it does not say. */
export async function lookUpUser(
  deps: AdapterDeps,
  credentials: SlackCredentials,
  user_id: string,
): Promise<Pick<PlatformUser, "name" | "username"> | undefined> {
  const found = await callSlack(deps, credentials, "users.info", { user: user_id });
  if (!found.ok) return undefined;
  const user = fieldsOf(found.fields["user"]);
  const { display_name, real_name } = fieldsOf(user["profile"]);
  const name = wordsIn(display_name) ?? wordsIn(real_name) ?? wordsIn(user["real_name"]);
  return { name: name ?? null, username: wordsIn(user["name"]) ?? null };
}
