import { BoundedMap } from "../runtime/bounded-map.ts";

/** Opens what one piece of work, by its name, holds of the memory of its process. */
export type OpenMemory = (teamId: string, work: string) => HeldMemory;

/** What one piece of work holds, as texts in memory take a multiple of them. */
export interface HeldMemory {
  /**
   * Holds so many bytes instead of those before. False where there is no room for more, and then it holds what it held.
   * Work that had no room needs at its first try as much as it wanted then: so it finds out before it reads anything.
   */
  hold(bytes: number): boolean;
  giveBack(): void;
}

/** Who holds less is not counted. */
const uncountedBytes = 65_536;

/**
 * Makes the memory that all work of a process shares. A team may have as much as it leaves to others: one team half of it,
 * two a third each. Nobody waits for it, and who is alone holds what it likes.
 */
export function createMemory(total: number): OpenMemory {
  const ofTeams = new Map<string, number>();
  let ofAll = 0;
  const refused = new BoundedMap<string, number>(10_000);

  return (teamId, work) => {
    let own = 0;
    let before = refused.get(work) ?? 0;
    const besideOwn = () => (ofTeams.get(teamId) ?? 0) - own;
    const set = (bytes: number) => {
      const ofTeam = besideOwn() + bytes;
      if (ofTeam > 0) ofTeams.set(teamId, ofTeam);
      else ofTeams.delete(teamId);
      ofAll += bytes - own;
      own = bytes;
    };
    return {
      hold: (asked) => {
        const wanted = Math.max(asked, before);
        const bytes = wanted > uncountedBytes ? wanted : 0;
        const ofOthers = ofAll - own;
        const left = total - ofOthers - bytes;
        if (bytes > own && ofOthers > 0 && besideOwn() + bytes > left) {
          refused.set(work, bytes);
          return false;
        }
        if (before > 0) refused.set(work, 0);
        before = 0;
        set(bytes);
        return true;
      },
      giveBack: () => set(0),
    };
  };
}
