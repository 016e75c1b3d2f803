import { describe, expect, it } from "@jest/globals";
import { newId } from "#shared/runtime/ids";
import { hashOf, keys, lists, messageSk, prefixes } from "#shared/table/keys";
import { dueShard } from "#shared/table/shards";
import { workKey, type WorkRef, workRefOf } from "#shared/work/work-kinds";

const team = newId("team");
const bot = newId("bot");
const channel = newId("ch");
const conversation = newId("conv");

describe("A work item's key", () => {
  it.each<WorkRef>([
    { kind: "conversation", team_id: team, conversation_id: conversation },
    { kind: "execution", team_id: team, execution_id: newId("exec") },
    { kind: "delivery", team_id: team, delivery_id: newId("dlv") },
    { kind: "schedule", team_id: team, agent_loop_id: newId("loop") },
    { kind: "job", team_id: team, job_id: newId("job") },
  ])("says of a $kind what it is and whose", (ref) => {
    expect(workRefOf(workKey(ref))).toEqual(ref);
  });

  it.each([
    ["a team", keys.team(team)],
    ["a credential", keys.credential("a".repeat(64))],
    ["nothing", { pk: "", sk: "" }],
    ["a team without an id", { pk: "TEAM##JOB#job_1", sk: "JOB" }],
    ["a job without an id", { pk: `TEAM#${team}#JOB#`, sk: "JOB" }],
    ["a job without a team", { pk: "JOB#job_1", sk: "JOB" }],
    ["a message of a conversation that is work", keys.message(team, conversation, 1)],
    ["an execution's head", keys.execution(team, newId("exec"))],
  ])("is not that of %s", (_, key) => {
    expect(() => workRefOf(key)).toThrow("is not the key of a work item");
  });
});

describe("Keys", () => {
  it("begin with the team where routes read", () => {
    const partitions = [
      keys.team(team).pk,
      keys.bot(team, bot).pk,
      keys.channelAddress(team, channel).pk,
      keys.channel(team, bot, channel).pk,
      keys.conversationCount(team, bot, channel, 0).pk,
      keys.conversationKey(team, channel, "x").pk,
      keys.receipt(team, channel, "x").pk,
      keys.conversation(team, conversation).pk,
      keys.userConversation(team, bot, "web", "x", conversation).pk,
      keys.figures(team, bot, 0, "2026-01-31", "none").pk,
      keys.usage(team, 0, "2026-01-31").pk,
      keys.idempotency(team, "x").pk,
      lists.conversations(team, channel),
    ];
    expect(partitions.filter((pk) => !pk.startsWith(`TEAM#${team}`))).toEqual([]);
  });

  it("fit what DynamoDB takes, whatever comes from outside", () => {
    const long = "😀".repeat(10_000);
    const made = [
      keys.receipt(team, channel, long),
      keys.userConversation(team, bot, "whatsapp", long, conversation),
      keys.idempotency(team, long),
      keys.conversationKey(team, channel, hashOf("user", long, long)),
    ];
    for (const { pk, sk } of made) {
      expect(Buffer.byteLength(pk)).toBeLessThan(2_048);
      expect(Buffer.byteLength(sk)).toBeLessThan(1_024);
    }
  });

  it("cannot be made to meet by what stands in ids from outside", () => {
    const ofUser = (userId: string) => prefixes.userConversations(team, bot, "web", userId).pk;
    expect(ofUser("a#CONVERSATION")).not.toBe(ofUser("a"));
    expect(keys.receipt(team, channel, "a#RECEIPT").pk).not.toBe(
      keys.receipt(team, channel, "a").pk,
    );
    expect(hashOf("a", "b")).not.toBe(hashOf("a,b"));
    expect(hashOf("a", "b")).not.toBe(hashOf("ab"));
    expect(hashOf("a", "")).not.toBe(hashOf("", "a"));
    expect(hashOf("a")).not.toBe(hashOf("a", ""));
  });

  it("have beginnings of their own for each kind of a bot's parts", () => {
    const parts = [prefixes.channels(team, bot), prefixes.integrations(team, bot)];
    const count = keys.conversationCount(team, bot, channel, 3);
    expect(parts.some(({ prefix }) => count.sk.startsWith(prefix))).toBe(false);
    expect(count.sk.startsWith(prefixes.conversationCounts(team, bot, channel).prefix)).toBe(true);
    expect(count.sk.startsWith(prefixes.conversationCounts(team, bot).prefix)).toBe(true);
  });

  it("sort messages as their numbers do", () => {
    const numbers = [1, 2, 9, 10, 99, 100, 1_000_000, 999_999_999_999];
    const sorted = numbers.map(messageSk);
    expect(sorted.toSorted()).toEqual(sorted);
    expect(messageSk(7)).toBe("MESSAGE#000000000007");
  });
});

describe("A shard of what is due", () => {
  it("is a whole number from 0 to 7, the same for the same partition, and each is used alike", () => {
    const counts = Array.from({ length: 8 }, () => 0);
    for (let index = 0; index < 4_000; index++) {
      const { pk } = keys.job(team, newId("job", 1_700_000_000_000 + index));
      const shard = dueShard(pk);
      expect(dueShard(pk)).toBe(shard);
      counts[shard]! += 1;
    }
    expect(counts.reduce((sum, count) => sum + count)).toBe(4_000);
    expect(Math.min(...counts)).toBeGreaterThan(400);
    expect(Math.max(...counts)).toBeLessThan(600);
  });
});
