/** What the bot may do. The histories bring what is said where it is, `users:read` who said it. */
export const scopes = [
  "app_mentions:read",
  "channels:history",
  "chat:write",
  "files:read",
  "files:write",
  "groups:history",
  "im:history",
  "mpim:history",
  "users:read",
] as const;

/** What Slack tells us of. */
const bot_events = [
  "app_mention",
  "app_uninstalled",
  "message.channels",
  "message.groups",
  "message.im",
  "message.mpim",
  "tokens_revoked",
];

/** An app as its owner pastes it at Slack (https://docs.slack.dev/reference/app-manifest). */
export const manifestFor = (hook_url: string): string =>
  JSON.stringify(
    {
      display_information: { name: "Chatbot" },
      features: {
        app_home: {
          home_tab_enabled: false,
          messages_tab_enabled: true,
          // Else people could read there and not write.
          messages_tab_read_only_enabled: false,
        },
        bot_user: { display_name: "Chatbot", always_online: true },
      },
      oauth_config: { scopes: { bot: scopes } },
      settings: {
        event_subscriptions: { request_url: hook_url, bot_events },
        org_deploy_enabled: false,
        socket_mode_enabled: false,
        token_rotation_enabled: false,
      },
    },
    null,
    2,
  );
