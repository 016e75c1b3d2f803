import type { AdapterDeps, ChannelAccess, Connected, Setup } from "../adapter.ts";
import type { Done } from "../failure.ts";
import { callWhatsApp } from "./call-whatsapp.ts";
import { noMessages, readApp, readNumber, shownUrl } from "./probe.ts";

type Access = ChannelAccess<"whatsapp">;

/** That an app is published is the one thing that Meta has no call for. */
export const setup = (): Setup => ({
  steps: [
    "In the App Dashboard, publish the app: while it is not, Meta delivers no message of anybody, only tests from the dashboard.",
    "Write to the number from a phone. A number of Meta's for tests answers only the people on its list of recipients.",
  ],
});

/** Has Meta call our hook for this number alone, and tells whom it called before. */
export async function connect(deps: AdapterDeps, channel: Access): Promise<Connected> {
  const { credentials, hook_url, hook_secret } = channel;
  const number = await readNumber(deps, channel);
  if (!number.ok) return number;
  const app = await readApp(deps, channel);
  if (!app.ok) return app;
  if (!app.is_subscribed) {
    // It deletes the address that another system has set for the account, so only if need be.
    const path = `${credentials.waba_id}/subscribed_apps`;
    const subscribed = await callWhatsApp(deps, credentials, { method: "POST", path });
    if (!subscribed.ok) return subscribed;
  }
  const hears = app.hears === "nothing" ? await hearMessages(deps, channel, app.id) : app.hears;
  const hook = { override_callback_uri: hook_url, verify_token: hook_secret };
  const set = await setHook(deps, channel, hook);
  if (!set.ok) return set;
  const before = number.hook?.url ?? hook_url;
  return {
    ok: true,
    account: number.account,
    problems: [...(hears === "messages" ? [] : [noMessages]), ...app.problems],
    replaced_url: before === hook_url ? null : shownUrl(before, channel),
  };
}

/** Takes our hook away, if it is still ours. The app goes on to hear of the account, for its other numbers. */
export async function disconnect(deps: AdapterDeps, channel: Access): Promise<Done> {
  const read = await readNumber(deps, channel);
  if (!read.ok) return read;
  const isOurs = read.hook?.level === "phone_number" && read.hook.url === channel.hook_url;
  const removed = isOurs && (await setHook(deps, channel, { override_callback_uri: "" }));
  return removed && !removed.ok ? removed : { ok: true };
}

/** Meta asks the hook at once whether it is ours. */
const setHook = (deps: AdapterDeps, channel: Access, webhook_configuration: object) =>
  callWhatsApp(deps, channel.credentials, {
    method: "POST",
    path: channel.credentials.phone_number_id,
    json: { webhook_configuration },
    secret: channel.hook_secret,
  });

/** Subscribes an app that has no hook at all to messages; where it has one, it is its owner's. */
async function hearMessages(deps: AdapterDeps, channel: Access, as_app: string) {
  const heard = await callWhatsApp(deps, channel.credentials, {
    method: "POST",
    path: `${as_app}/subscriptions`,
    json: {
      object: "whatsapp_business_account",
      callback_url: channel.hook_url,
      verify_token: channel.hook_secret,
      fields: "messages",
    },
    as_app,
    secret: channel.hook_secret,
  });
  return heard.ok ? "messages" : "nothing";
}
