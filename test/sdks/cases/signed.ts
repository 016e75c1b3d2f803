import { Webhook } from "standardwebhooks";

export const [secret, other] = [
  "the secret of the proof, 32 bytes",
  "another secret of it, of 32 bytes",
].map((text) => `whsec_${Buffer.from(text).toString("base64")}`) as [string, string];
export const event = {
  id: "evt_1",
  type: "channel.disconnected",
  timestamp: "2026-01-02T03:04:05Z",
  team_id: "team_1",
  data: { reason: "Grüße 🤝" },
};
export const body = JSON.stringify(event);

/** Signed as the library of Standard Webhooks does. */
export const signedBy = (by: string, { at = new Date(), id = "evt_1", text = body } = {}) => ({
  "webhook-id": id,
  "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
  "webhook-signature": new Webhook(by).sign(id, at, text),
});
export const before = (seconds: number) => new Date(Date.now() - seconds * 1000);
