import { describe, expect, it } from "@jest/globals";
import { aPhoto, useFileChat } from "#test/support/file-chat";
import { costOf, withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const on = useFileChat(platform);

/** What a message costs from the hook to its reply, with the calls to S3. */
async function costOfSaying(message: object) {
  let puts = 0;
  platform.faults = ({ service }) => {
    if (service === "s3") puts++;
    return undefined;
  };
  const { lines } = await withLog(() => on.say(message));
  platform.faults = undefined;
  return { ...costOf(lines), puts };
}

describe("A file of a message costs", () => {
  it("7 W, 1 R and one PUT, and a second one of the same answer as much", async () => {
    for (const id of ["cat", "dog"]) on.put(id);
    await on.say({ text: "Hello!" });
    const without = await costOfSaying({ text: "Look" });
    const withOne = await costOfSaying({ ...aPhoto("cat"), caption: "Look" });
    const { calls, reads, writes, puts } = withOne;
    expect([calls - without.calls, reads - without.reads, writes - without.writes, puts]).toEqual([
      3, 1, 7, 1,
    ]);
    const blocks = ["cat", "dog"].map((id) => ({ type: "photo", ...aPhoto(id) }));
    const withTwo = await costOfSaying({ rich_message: { blocks } });
    expect([withTwo.writes - withOne.writes, withTwo.puts]).toEqual([7, 2]);
  });

  it("nothing more once it is kept, whoever is shown it", async () => {
    on.put("cat");
    await on.say({ text: "Hello!" });
    const before = await costOfSaying({ text: "Look" });
    await on.say(aPhoto("cat"));
    expect(await costOfSaying({ text: "Look" })).toEqual(before);
  });

  it("after 1,000 others what it costs after 10", async () => {
    on.put("cat");
    const photo = { type: "photo", ...aPhoto("cat") };
    const ten = { rich_message: { blocks: Array.from({ length: 10 }, () => photo) } };
    // What a message shows of those before it is the same both times.
    const costAfterTen = async () => {
      for (let count = 0; count < 10; count++) await on.say(aPhoto("cat"));
      return costOfSaying(aPhoto("cat"));
    };
    const early = await costAfterTen();
    for (let count = 0; count < 98; count++) await on.say(ten);
    expect(await costAfterTen()).toEqual(early);
    expect((await on.rows()).length).toBeGreaterThan(1_000);
  });
});
