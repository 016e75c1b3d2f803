import * as v from "valibot";
import type { Account } from "../platforms/adapter.ts";
import { id, omittable, shownTime, text } from "../schema/fields.ts";
import { type NameAndText, named } from "../schema/named.ts";
import type { Sealed } from "../secrets/sealed.ts";

/** Where messages come from. */
export const Platform = v.pipe(
  v.picklist(["web", "telegram", "slack", "discord", "whatsapp"]),
  v.title("Platform"),
  v.description("`web` takes messages over this API; the others are where people are."),
);
export type Platform = v.InferOutput<typeof Platform>;

const Name = v.pipe(text(1, 100), v.description("For your team; the type when left out."));
/** Whether a channel's platform accepts us. */
export const ChannelStatus = v.pipe(
  v.picklist(["connected", "pending", "disconnected"]),
  v.title("ChannelStatus"),
  v.description(
    "Whether the platform accepts us; a `web` channel is always connected. What is `pending` is tried for 72 hours.",
  ),
);
const Enabled = v.pipe(
  v.boolean(),
  v.description("A channel that is not enabled keeps messages and does not answer."),
);
const Credentials = v.pipe(
  v.strictObject({
    bot_token: omittable(
      v.pipe(
        text(1, 500),
        v.description(
          "Of a `telegram` bot, from @BotFather; of a `slack` app, from OAuth & Permissions (`xoxb-…`); of a `discord` application, from Bot.",
        ),
      ),
    ),
    signing_secret: omittable(
      v.pipe(text(1, 500), v.description("Of a `slack` app, from Basic Information.")),
    ),
    application_id: omittable(
      v.pipe(text(1, 500), v.description("Of a `discord` application, from General Information.")),
    ),
    public_key: omittable(
      v.pipe(text(1, 500), v.description("Of a `discord` application, from General Information.")),
    ),
    access_token: omittable(
      v.pipe(text(1, 1_000), v.description("For `whatsapp`: of a system user, for ever (`EAA…`).")),
    ),
    phone_number_id: omittable(
      v.pipe(text(1, 50), v.description("For `whatsapp`: it stands beside the number.")),
    ),
    waba_id: omittable(
      v.pipe(text(1, 50), v.description("For `whatsapp`: that of the number's account.")),
    ),
    app_secret: omittable(
      v.pipe(text(1, 500), v.description("For `whatsapp`: of the app that the token is for.")),
    ),
  }),
  v.title("ChannelCredentials"),
  v.description("What the platform knows us by; which of it, the type says."),
);

/** What a caller sets when a channel is made. */
export const ChannelInput = v.pipe(
  v.strictObject({
    type: Platform,
    name: omittable(Name),
    credentials: v.pipe(
      omittable(Credentials, {}),
      v.description(
        "Write-only, and checked with the platform at once. `telegram` needs `bot_token`, `slack` needs `bot_token` and `signing_secret`, `discord` needs `bot_token`, `application_id` and `public_key`, `whatsapp` needs `access_token`, `phone_number_id`, `waba_id` and `app_secret`; a `web` channel has none.",
      ),
    ),
    enabled: omittable(Enabled, true),
  }),
  v.description("A channel to be opened: its type, and what its platform knows us by."),
);
export type ChannelInput = v.InferOutput<typeof ChannelInput>;

/** What a caller may change. */
export const ChannelPatch = v.pipe(
  v.strictObject({
    name: v.optional(Name),
    credentials: v.pipe(
      v.optional(Credentials),
      v.description("All of them: the channel is connected anew, also with the same."),
    ),
    enabled: v.optional(Enabled),
  }),
  v.description("What changes of a channel; with `credentials` it is connected anew."),
);
export type ChannelPatch = v.InferOutput<typeof ChannelPatch>;

const entries = {
  id: id("ch"),
  bot_id: id("bot"),
  type: Platform,
  name: Name,
  status: ChannelStatus,
  status_reason: v.pipe(
    v.nullable(v.string()),
    v.description(
      "What stands in the way, as the platform says it; of a right or a setting that replies or files lack, until one goes through.",
    ),
  ),
  enabled: Enabled,
  webhook_url: v.pipe(
    v.nullable(v.string()),
    v.description("The URL that the platform calls; a `web` channel has none."),
  ),
  created_at: shownTime,
  updated_at: shownTime,
};

const lasts = {
  last_inbound_at: v.pipe(
    v.nullable(shownTime),
    v.description("When a user last wrote, in a conversation that is there; null when none is."),
  ),
  last_outbound_at: v.pipe(
    v.nullable(shownTime),
    v.description("When a reply last went out, to the minute; null before the first."),
  ),
};

const described: NameAndText = ["Channel", "A place where users talk to a bot."];

/** A channel as the API shows it. */
export const Channel = named(v.object({ ...entries, ...lasts }), described);
export type Channel = v.InferOutput<typeof Channel>;

const Problem = v.pipe(
  v.object({
    code: v.pipe(v.string(), v.description("As the platform names it, or a word of ours.")),
    message: v.pipe(v.string(), v.description("What is wrong and what to do, in a sentence.")),
  }),
  v.title("ChannelProblem"),
  v.description("Something that keeps a channel from working as it should."),
);

const Health = v.pipe(
  v.object({
    checked_at: v.pipe(shownTime, v.description("When the platform was asked.")),
    ok: v.pipe(v.boolean(), v.description("Whether nothing is in the way.")),
    problems: v.pipe(v.array(Problem), v.description("All that is in the way.")),
  }),
  v.title("ChannelHealth"),
  v.description("What the platform says of a channel."),
);
/** What the platform said of a channel when it was asked last. */
export type Health = v.InferOutput<typeof Health>;

const Setup = v.pipe(
  v.object({
    steps: v.pipe(
      v.array(v.string()),
      v.description("What is left to do by hand, one sentence each, in order."),
    ),
    manifest: v.pipe(
      v.optional(v.string()),
      v.description("What the platform wants pasted, where it takes such a thing."),
    ),
    replaced_url: v.pipe(
      v.nullable(v.string()),
      v.description("The address that the platform called before; null when there was none."),
    ),
  }),
  v.title("ChannelSetup"),
  v.description("What is left to do at the platform."),
);

/** A channel on its own, with what its platform says. */
export const ChannelInFull = named(
  v.object({
    ...entries,
    ...lasts,
    setup: v.pipe(
      v.nullable(Setup),
      v.description(
        "What is left to do by hand, and the address that the platform called before; null for `web`. Lists do not show it.",
      ),
    ),
    health: v.pipe(
      v.nullable(Health),
      v.description(
        "What the platform says of it, asked at most once a minute; null for `web`, and before it was first asked. Lists do not show it.",
      ),
    ),
  }),
  described,
);
export type ChannelInFull = v.InferOutput<typeof ChannelInFull>;

/** What its owner has to mend of a channel that is connected. */
export interface NotedFailure {
  /** As the platform names it. */
  readonly code: string;
  readonly message: string;
  /** ISO 8601. */
  readonly at: string;
  /** The platform took the reply first: that it takes another says nothing yet. */
  readonly told_later?: true;
}

/** A channel as it is stored; one of a platform with what acts for it. */
export interface StoredChannel extends Omit<Channel, keyof typeof lasts> {
  readonly version: number;
  /** Sealed field by field. */
  readonly credentials?: Readonly<Record<string, Sealed>>;
  /** What the platform gives back with its calls, where it does. */
  readonly hook_secret?: Sealed;
  /** Null until the platform has told. */
  readonly account?: Account | null;
  readonly replaced_url?: string | null;
  readonly health?: Health;
  /** When the platform was asked last; unix milliseconds. */
  readonly probed_at?: number;
  /** When a reply went out, noted at most once a minute; ISO 8601. */
  readonly last_outbound_at?: string;
  /** What its owner has to mend, by the last replies; undefined once one went out. */
  readonly send_failure?: NotedFailure | undefined;
  /** The same by the last files of messages; undefined once one was fetched. */
  readonly fetch_failure?: NotedFailure | undefined;
}

/** A channel of a platform. */
export type PlatformChannel = StoredChannel &
  Required<Pick<StoredChannel, "credentials" | "hook_secret" | "account">> & {
    readonly type: Exclude<Platform, "web">;
    readonly webhook_url: string;
  };

/** Whether a channel is one of a platform: then it has all that such a one has. */
export const isOfPlatform = (channel: StoredChannel): channel is PlatformChannel =>
  channel.credentials !== undefined;

/** A channel as lists show it, with the time of the last message of a user. */
export const shownChannel = (
  stored: StoredChannel,
  last_inbound_at: Channel["last_inbound_at"],
): Channel => ({
  ...stored,
  status_reason: failuresOf(stored)[0]?.message ?? stored.status_reason,
  last_inbound_at,
  last_outbound_at: stored.last_outbound_at ?? null,
});

/** Why replies are refused and files not given; nothing of a channel that is not connected, for another reason then. */
const failuresOf = ({ status, send_failure, fetch_failure }: StoredChannel) =>
  [send_failure, fetch_failure].flatMap((one) => (one && status === "connected" ? [one] : []));

/** What is known of a channel's health: what its platform said when it was asked, and says to replies and of files. */
export function shownHealth(stored: StoredChannel): Health | null {
  const failures = failuresOf(stored);
  const [first] = failures;
  if (!first) return stored.health ?? null;
  const { checked_at = first.at, problems = [] } = stored.health ?? {};
  const noted = failures.map(({ code, message }) => ({ code, message }));
  return { checked_at, ok: false, problems: [...problems, ...noted] };
}

/** What the audit log tells of a channel. */
export const auditedChannel = ({ bot_id, type, name, enabled, credentials }: StoredChannel) => ({
  bot_id,
  type,
  name,
  enabled,
  credentials,
});
