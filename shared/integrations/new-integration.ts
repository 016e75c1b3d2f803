import type { Id } from "../runtime/ids.ts";
import type { StoredIntegration } from "./integration.ts";

/** An integration with the defaults of a new one. */
export const newIntegration = ({
  id,
  bot_id,
  name,
  type,
  at,
}: {
  id: Id<"int">;
  bot_id: Id<"bot">;
  name: string;
  type: StoredIntegration["type"];
  at: string;
}): StoredIntegration => ({
  id,
  bot_id,
  name,
  type,
  url: null,
  headers: {},
  timeout_seconds: 30,
  weight: 1,
  fallback: false,
  status: "active",
  last_error: null,
  version: 1,
  created_at: at,
  updated_at: at,
});
