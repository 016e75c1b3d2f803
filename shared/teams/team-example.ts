import { limits } from "./team.ts";

/** A team for the reference. */
export const teamExample = {
  id: "team_01jd7zq3c8e9v5r2k4m6n8p0ab",
  name: "Acme",
  plan: "free",
  limits: { requests_per_minute: 60, ...limits },
  scopes: ["bots:read", "conversations:read"],
  api_key: {
    id: "key_01jd7zq3c8e9v5r2k4m6n8p0ab",
    name: "Dashboard",
    last_four: "3mQ9",
    expires_at: null,
  },
  created_at: "2026-01-02T03:04:05.000Z",
};
