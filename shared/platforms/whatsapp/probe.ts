import { isoTime } from "../../runtime/clock.ts";
import { entriesOf, type Fields, fieldsOf, wordsIn } from "../../schema/json-fields.ts";
import type { Account, AdapterDeps, ChannelAccess, Probed, Problem } from "../adapter.ts";
import { shownWords, unreadable } from "../call-platform.ts";
import type { Refusal } from "../failure.ts";
import { callWhatsApp, wrongField } from "./call-whatsapp.ts";
import { digitsIn } from "./digits-in.ts";

type Access = ChannelAccess<"whatsapp">;

/** Tells whose number it is, and what keeps its messages away. */
export async function probe(deps: AdapterDeps, channel: Access): Promise<Probed> {
  const number = await readNumber(deps, channel);
  if (!number.ok) return number;
  const app = await readApp(deps, channel);
  if (!app.ok) return app;
  const problems = [
    ...hookProblems(number.hook, channel),
    ...(app.is_subscribed ? [] : [notSubscribed]),
    ...(app.hears === "messages" ? [] : [noMessages]),
    ...app.problems,
  ];
  return { ok: true, account: number.account, problems };
}

/** Where Meta sends what happens to a number: the first of these that is there. */
const levels = [
  ["phone_number", "its own address"],
  ["whatsapp_business_account", "the address of its account"],
  ["application", "the address of the app"],
] as const;

/** A number, and the address that has effect for it. */
interface NumberRead {
  readonly ok: true;
  readonly account: Account;
  readonly hook:
    { readonly level: string; readonly whose: string; readonly url: string } | undefined;
}

/** Reads whose number it is, and who is called for it. */
export async function readNumber(
  deps: AdapterDeps,
  { credentials }: Access,
): Promise<NumberRead | Refusal> {
  const path = credentials.phone_number_id;
  const fields = "display_phone_number,verified_name,webhook_configuration";
  const read = await callWhatsApp(deps, credentials, { method: "GET", path, query: { fields } });
  if (!read.ok) return read;
  const { display_phone_number, verified_name, webhook_configuration } = read.fields;
  const number = wordsIn(display_phone_number);
  const name = wordsIn(verified_name) ?? number ?? path;
  const hooks = levels.flatMap(([level, whose]) => {
    const url = wordsIn(fieldsOf(webhook_configuration)[level]);
    return url === undefined ? [] : [{ level, whose, url }];
  });
  const account = { id: path, user_id: digitsIn(number) || path, username: null, name };
  return { ok: true, account, hook: hooks[0] };
}

/** What the app of a token may do and hear. */
interface AppRead {
  readonly ok: true;
  readonly id: string;
  /** To the account. */
  readonly is_subscribed: boolean;
  /** `messages` also where Meta does not tell. */
  readonly hears: "nothing" | "others" | "messages";
  readonly problems: readonly Problem[];
}

/** Reads what the app of the token may do, and whether the number is of the account. */
export async function readApp(
  deps: AdapterDeps,
  { credentials }: Access,
): Promise<AppRead | Refusal> {
  const { waba_id, phone_number_id, access_token } = credentials;
  const get = (path: string, query = {}, as_app?: string) =>
    callWhatsApp(deps, credentials, { method: "GET", path, query, as_app });
  const [app, apps, numbers] = await Promise.all([
    get("app"),
    get(`${waba_id}/subscribed_apps`),
    get(`${waba_id}/phone_numbers`, { fields: "id", limit: "100" }),
  ]);
  if (!app.ok) return app;
  // What is no account has none of this.
  if (!apps.ok) return apps.code === "100" ? wrongField("waba_id") : apps;
  if (!numbers.ok) return numbers;
  const id = wordsIn(app.fields["id"]) ?? "";
  if (!/^\d{1,30}$/.test(id)) return unreadable("WhatsApp");
  const isWhole = fieldsOf(numbers.fields["paging"])["next"] === undefined;
  const isOurs = listIn(numbers.fields).some((one) => one["id"] === phone_number_id);
  if (isWhole && !isOurs) return wrongField("waba_id");
  // What Meta does not tell of an app is no problem.
  const [token, hooks] = await Promise.all([
    get("debug_token", { input_token: access_token }, id),
    get(`${id}/subscriptions`, {}, id),
  ]);
  return {
    ok: true,
    id,
    is_subscribed: listIn(apps.fields).some(
      (one) => fieldsOf(one["whatsapp_business_api_data"])["id"] === id,
    ),
    hears: hooks.ok ? heardIn(hooks.fields) : "messages",
    problems: token.ok ? tokenProblems(fieldsOf(token.fields["data"])) : [],
  };
}

const listIn = ({ data }: Fields): readonly Fields[] => entriesOf(data).map(fieldsOf);

function heardIn(subscriptions: Fields): AppRead["hears"] {
  const ours = listIn(subscriptions).find(({ object }) => object === "whatsapp_business_account");
  if (!ours) return "nothing";
  const names = entriesOf(ours["fields"]).map((field) => fieldsOf(field)["name"]);
  return ours["active"] !== false && names.includes("messages") ? "messages" : "others";
}

const scopes = ["whatsapp_business_messaging", "whatsapp_business_management"];

function tokenProblems({ expires_at, scopes: given }: Fields): readonly Problem[] {
  const problems: Problem[] = [];
  const missing = scopes.filter((scope) => !entriesOf(given).includes(scope));
  if (entriesOf(given).length > 0 && missing.length > 0) {
    const message = `The token lacks ${missing.join(" and ")}. Make another one for the system user with both.`;
    problems.push({ code: "missing_scope", message });
  }
  const end = Number(expires_at) * 1_000;
  // What never ends has no time, or 0.
  if (end > 0 && end < 8.64e15) {
    const message = `The token ends at ${isoTime(end)}, and the channel with it. Make a permanent one for a system user.`;
    problems.push({ code: "token_expires", message });
  }
  return problems;
}

function hookProblems(hook: NumberRead["hook"], channel: Access): readonly Problem[] {
  if (hook?.url === channel.hook_url) return [];
  const where = hook ? `to ${shownUrl(hook.url, channel)}, which is ${hook.whose}` : "nowhere";
  const message = `Meta sends the number's messages ${where}. Connect the channel again to get them.`;
  return [{ code: hook ? "webhook_elsewhere" : "webhook_missing", message }];
}

/** Some people put a token into the address of their hook. */
export const shownUrl = (url: string, { credentials, hook_secret }: Access): string =>
  shownWords(url, [credentials.access_token, credentials.app_secret, hook_secret]);

const notSubscribed: Problem = {
  code: "not_subscribed",
  message: "The app does not hear of this account. Connect the channel again.",
};

/** What is left to the owner where the app has a hook of its own. */
export const noMessages: Problem = {
  code: "messages_not_subscribed",
  message:
    "The app is not told of messages: in the App Dashboard, under WhatsApp, Configuration, Webhook fields, subscribe to messages.",
};
