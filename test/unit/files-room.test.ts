import { afterEach, expect, it } from "@jest/globals";
import { liveFileRoom } from "#shared/files/live-file-room";

const mebibyte = 1_048_576;
const never = new AbortController().signal;
afterEach(() => {
  delete process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"];
});

it.each([
  ["256", 20],
  ["256", 4],
  ["1024", 20],
])(
  "In %s MB a team's files of %i MiB leave room for another's, however many they are",
  async (memory, size) => {
    process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = memory;
    const take = liveFileRoom();
    const got: string[] = [];
    const ask = async (team: string, bytes: number) => {
      await take(team, bytes, never);
      got.push(team);
    };
    for (let files = 0; files < 40; files++) void ask("a", size * mebibyte);
    await ask("b", 4 * mebibyte);
    expect(got).toContain("a");
    expect(got.at(-1)).toBe("b");
  },
);
