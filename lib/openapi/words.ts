/** "web channel", "webChannel" and "web_channel" are all "WebChannel". */
export const pascal = (text: string) =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

/** What an operation is about: `Bot` for `createBot` and `listBots`. */
export const nounOf = (operationId: string) => operationId.replace(/^[a-z]+/, "");

/** "Bots" → "Bot", "Replies" → "Reply". */
export const singular = (noun: string) => noun.replace(/ies$/, "y").replace(/([^s])s$/, "$1");
