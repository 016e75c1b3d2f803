import { isoTime } from "#shared/runtime/clock";
import type { Id } from "#shared/runtime/ids";
import type { Item } from "#shared/table/table";
import type { StoredTeam } from "#shared/teams/team";

/** The team under which a script makes what it needs. */
export const simulatedTeam = (id: Id<"team">, now: number): StoredTeam => ({
  id,
  name: "Simulated",
  plan: "free",
  created_at: isoTime(now),
});

/** Whose row it is; empty for one of no team. */
export const teamOf = ({ pk }: Item): string => /^TEAM#([^#]+)/.exec(pk)?.[1] ?? "";
