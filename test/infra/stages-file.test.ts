import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { stageNamed } from "#lib/aws/stages";
import { settings, stageOf } from "#lib/aws/stages-file";
import { rowsOf } from "../support/markdown.ts";

const folder = mkdtempSync(join(tmpdir(), "stages-"));
const file = join(folder, "stages.json");
afterAll(() => rmSync(folder, { recursive: true }));

const stageIn = (text: unknown, name = "prod") => {
  writeFileSync(file, typeof text === "string" ? text : JSON.stringify(text));
  return stageOf(name, file);
};

describe("the file stages.json", () => {
  describe("that STAGES_FILE names", () => {
    afterEach(() => {
      delete process.env["STAGES_FILE"];
    });

    it("is read instead", () => {
      stageIn({ eu: { like: "prod", logRetentionDays: 30 } }, "eu");
      process.env["STAGES_FILE"] = file;
      expect(stageOf("eu").logRetentionDays).toBe(30);
    });

    it("must be there, so that nothing is deployed without the settings it was to have", () => {
      process.env["STAGES_FILE"] = join(folder, "nowhere.json");
      expect(() => stageOf("prod")).toThrow(`STAGES_FILE: There is no ${folder}/nowhere.json.`);
    });
  });

  it("need not be there: stages are then as they are built in", () => {
    expect(stageOf("prod", join(folder, "nothing.json"))).toEqual(stageNamed("prod"));
  });

  it("sets what it names of a stage and leaves the rest", () => {
    const stage = stageIn({
      prod: { alarmEmail: "ops@example.com", memoryMb: { waiting: 512 }, throttle: { burst: 100 } },
      dev: { workerConcurrency: 2 },
    });
    expect(stage).toEqual({
      ...stageNamed("prod"),
      alarmEmail: "ops@example.com",
      memoryMb: { usual: 512, waiting: 512 },
      throttle: { requestsPerSecond: 2000, burst: 100 },
    });
    expect(stageOf("emulator", file)).toEqual(stageNamed("emulator"));
  });

  it("says where platforms are, to what tests deploy too", () => {
    const platformUrls = { telegram: "http://127.0.0.1:8081", slack: "https://slack-gov.com/api" };
    const emulator = stageIn({ emulator: { platformUrls } }, "emulator");
    expect(emulator).toEqual({ ...stageNamed("emulator"), platformUrls });
  });

  it("makes stages of other names, which begin with what is built in and not with what it sets of that", () => {
    const home = { account: "111122223333", region: "eu-central-1" };
    const eu = stageIn(
      { prod: { alarmEmail: "ops@example.com" }, eu: { like: "prod", home } },
      "eu",
    );
    expect(eu).toEqual({ ...stageNamed("prod"), name: "eu", home });
  });

  it("is refused when nothing is watched and somebody is to be told of it", () => {
    const dev = { alarmEmail: "ops@example.com" };
    expect(() => stageIn({ dev }, "dev")).toThrow(
      "stages.json, stage dev: There are no alarms to tell alarmEmail of. Set monitoring to alarms or all.",
    );
    expect(stageIn({ dev: { ...dev, monitoring: "alarms" } }, "dev")).toMatchObject(dev);
  });

  it("is ignored by git, so that no upgrade meets it", () => {
    expect(readFileSync(".gitignore", "utf8").split("\n")).toContain("stages.json");
  });

  it.each<[string, unknown, string]>([
    ["is no JSON", "{", "stages.json is no JSON: "],
    ["is a number", 5, "stages.json: Must be an object of stages."],
    ["has a text for a stage", { prod: "x" }, "stages.json, stage prod: Must be an object."],
    [
      "names a setting that there is not",
      { prod: { alarmMail: "ops@example.com" } },
      "stages.json, stage prod, alarmMail: There is no such setting. There are alarmEmail, home,",
    ],
    [
      "names one that is not there within another",
      { prod: { throttle: { rate: 5 } } },
      "stages.json, stage prod, throttle.rate: There is no such setting. There are requestsPerSecond, burst.",
    ],
    [
      "has no e-mail address",
      { prod: { alarmEmail: "ops" } },
      "stages.json, stage prod, alarmEmail: Must be an e-mail address.",
    ],
    [
      "has an origin with a path",
      { dev: { corsOrigins: ["https://app.example.com/"] } },
      "stages.json, stage dev, corsOrigins.0: Must be an origin such as",
    ],
    [
      "has an account without its region",
      { prod: { home: { account: "111122223333" } } },
      "stages.json, stage prod, home.region: Must be given.",
    ],
    [
      "has an account that lost its first digit, as a number does",
      { prod: { home: { account: 11122223333, region: "eu-central-1" } } },
      "stages.json, stage prod, home.account: Must be the twelve digits of an account, as a text.",
    ],
    [
      "has a region that cannot be",
      { prod: { home: { account: "111122223333", region: "Frankfurt" } } },
      "stages.json, stage prod, home.region: Must be a region such as",
    ],
    [
      "has a URL for a domain",
      { prod: { domain: { name: "https://api.example.com", certificateArn: "" } } },
      'stages.json, stage prod, domain.name: Must be a host name such as "api.example.com".',
    ],
    [
      "has a certificate that is none of ACM",
      { prod: { domain: { name: "api.example.com", certificateArn: "arn:aws:iam::1:x" } } },
      "stages.json, stage prod, domain.certificateArn: Must be the ARN of a certificate of ACM.",
    ],
    [
      "has a certificate of another region",
      {
        prod: {
          home: { account: "111122223333", region: "eu-central-1" },
          domain: {
            name: "api.example.com",
            certificateArn: "arn:aws:acm:us-east-1:111122223333:certificate/0b1c",
          },
        },
      },
      "stages.json: The certificate of the stage prod must be in the region of its home, eu-central-1.",
    ],
    [
      "has a retention that CloudWatch does not know",
      { prod: { logRetentionDays: 31 } },
      "stages.json, stage prod, logRetentionDays: Must be one of 7, 30, 90, 180, 365.",
    ],
    [
      "has fewer functions than SQS takes",
      { prod: { workerConcurrency: 1 } },
      "stages.json, stage prod, workerConcurrency: Must be a whole number from 2 to 1000.",
    ],
    [
      "has half a percent",
      { prod: { teamSharePercent: 0.5 } },
      "stages.json, stage prod, teamSharePercent: Must be a whole number from 1 to 100.",
    ],
    [
      "has more memory than Lambda",
      { prod: { memoryMb: { usual: 20_000 } } },
      "stages.json, stage prod, memoryMb.usual: Must be a whole number from 128 to 10240.",
    ],
    [
      "watches what there is not",
      { dev: { monitoring: "dashboard" } },
      "stages.json, stage dev, monitoring: Must be one of all, alarms, none.",
    ],
    [
      "has a text for a yes",
      { dev: { keepsData: "true" } },
      "stages.json, stage dev, keepsData: Must be true or false.",
    ],
    ["has a stage that is like nothing", { eu: {} }, "stages.json, stage eu, like: Must be given."],
    [
      "has a stage that is like one of its own",
      { eu: { like: "prod" }, us: { like: "eu" } },
      "stages.json, stage us, like: Must be one of dev, prod, with whose settings it begins.",
    ],
    [
      "makes a built-in stage like another",
      { dev: { like: "prod" } },
      "stages.json, stage dev, like: There is no such setting.",
    ],
    [
      "sets what tests deploy",
      { emulator: { keepsData: true } },
      "stages.json, stage emulator, keepsData: Is for emulators, which take all of it as it is but platformUrls. Choose another name.",
    ],
    [
      "has a platform that nobody knows",
      { prod: { platformUrls: { icq: "https://icq.example.com" } } },
      "stages.json, stage prod, platformUrls.icq: There is no such setting. There are telegram, slack, discord, whatsapp.",
    ],
    [
      "has a platform without an address",
      { prod: { platformUrls: { telegram: "bots.example.com" } } },
      'stages.json, stage prod, platformUrls.telegram: Must be an address such as "https://bots.example.com", without a slash at its end.',
    ],
    [
      "has a name that does not fit into others",
      { "My Stage": { like: "dev" } },
      'stages.json: "My Stage" is no name of a stage: up to 40 lower-case letters, digits and hyphens.',
    ],
  ])("is refused with a sentence when it %s", (_, text, sentence) => {
    expect(() => stageIn(text)).toThrow(sentence);
  });

  it("is told all that is wrong with it at once", () => {
    const wrong = { prod: { keepsData: 1 }, dev: { workerConcurrency: 0 } };
    expect(() => stageIn(wrong)).toThrow(/stage dev, workerConcurrency.*\n.*stage prod, keepsData/);
  });

  it("is named to who asks for a stage that is not there", () => {
    expect(() => stageIn({ eu: { like: "prod" } }, "moon")).toThrow(
      "There is no stage moon. Choose one of dev, prod, emulator, eu, or add it to stages.json.",
    );
  });
});

describe("the operations guide", () => {
  const [, section = ""] = readFileSync("lib/aws/README.md", "utf8").split("\n## Settings\n");
  const [text = ""] = section.split("\n## ");

  it("has every setting of a stage in one table", () => {
    const names = rowsOf(text).flatMap(([first = ""]) => /^`(\w+)`$/.exec(first)?.[1] ?? []);
    expect(names).toEqual(["like", ...Object.keys(settings)]);
  });

  it("shows a file that can be used as it is", () => {
    const [, example = ""] = text.split(/```json\n|```/);
    expect(stageIn(example, "eu")).toHaveProperty("home.region", "eu-central-1");
  });
});
