import { withoutEnd } from "../runtime/without-end.ts";

/** What is known of a platform before any of its code is loaded. */
interface PlatformFacts {
  /** The fields of the credentials that its owner gives. */
  readonly credentials: readonly string[];
  /** Whether what verifies its calls is a secret, so that a hook has to be stored sealed. */
  readonly verifier_is_secret: boolean;
  /** Where it is called, path included, and the variable that names another place. */
  readonly base_url: { readonly variable: string; readonly default: string };
  /** Files are fetched from these alone, and from the origin of the base URL; `*.` stands for every host below. */
  readonly file_hosts: readonly string[];
  /** How long a text may be with its marks, and how long as it is written, where that is sent another way. */
  readonly text: {
    readonly limit: number;
    readonly counts: "utf-16" | "code points";
    readonly plain_limit: number | null;
  };
  /** How often a sign of life is given again while the user waits; null where none is needed. */
  readonly typing_every_ms: number | null;
  /** Whether an attachment of a reply passes through our memory on its way there. */
  readonly holds_attachments: boolean;
  /** What is one conversation in a group: what one user says there, or a thread of everybody. */
  readonly group_conversation: "user" | "thread";
  /** Whether a group may go on under another id. */
  readonly groups_move: boolean;
  /** Whether one person may be named by several ids, at once or one after another. */
  readonly users_have_several_ids: boolean;
}

/** The platforms that there are adapters for, as plain data. */
export const platforms = {
  telegram: {
    credentials: ["bot_token"],
    verifier_is_secret: false,
    base_url: { variable: "TELEGRAM_API_URL", default: "https://api.telegram.org" },
    file_hosts: ["api.telegram.org"],
    text: { limit: 32_768, counts: "code points", plain_limit: 4_096 },
    typing_every_ms: 4_000,
    holds_attachments: false,
    group_conversation: "user",
    groups_move: true,
    users_have_several_ids: false,
  },
  slack: {
    credentials: ["bot_token", "signing_secret"],
    verifier_is_secret: true,
    base_url: { variable: "SLACK_API_URL", default: "https://slack.com/api" },
    file_hosts: ["*.slack.com"],
    text: { limit: 12_000, counts: "utf-16", plain_limit: 3_900 },
    typing_every_ms: 100_000,
    holds_attachments: true,
    group_conversation: "thread",
    groups_move: false,
    users_have_several_ids: false,
  },
  discord: {
    credentials: ["bot_token", "application_id", "public_key"],
    verifier_is_secret: false,
    base_url: { variable: "DISCORD_API_URL", default: "https://discord.com/api/v10" },
    file_hosts: ["cdn.discordapp.com", "media.discordapp.net"],
    text: { limit: 2_000, counts: "utf-16", plain_limit: null },
    typing_every_ms: null,
    holds_attachments: true,
    group_conversation: "user",
    groups_move: false,
    users_have_several_ids: false,
  },
  whatsapp: {
    credentials: ["access_token", "phone_number_id", "waba_id", "app_secret"],
    verifier_is_secret: true,
    base_url: { variable: "WHATSAPP_API_URL", default: "https://graph.facebook.com/v25.0" },
    file_hosts: ["*.fbsbx.com", "*.whatsapp.net", "*.facebook.com"],
    text: { limit: 4_096, counts: "utf-16", plain_limit: null },
    typing_every_ms: 20_000,
    holds_attachments: false,
    group_conversation: "user",
    groups_move: false,
    users_have_several_ids: true,
  },
} as const satisfies Readonly<Record<string, PlatformFacts>>;

/** A platform that has an adapter. */
export type PlatformName = keyof typeof platforms;

/** What the owner of a channel gives so that we may act for the bot. */
export type CredentialsOf<P extends PlatformName> = Readonly<
  Record<(typeof platforms)[P]["credentials"][number], string>
>;

/** Where a platform is called: its own place, or the one that the environment names. No slash at the end. */
export function baseUrlOf(name: PlatformName): string {
  const { variable, default: usual } = platforms[name].base_url;
  return withoutEnd(process.env[variable] || usual, "/");
}
