/** The platform's version, as `/v1/health` and `X-Chatbot-Platform-Version` tell it; a test compares package.json. */
export const version = "0.1.0";
