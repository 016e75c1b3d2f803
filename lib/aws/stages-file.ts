import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { wholeNumber } from "#shared/schema/fields";
import { isStageName } from "../deployed-names.ts";
import { logRetentions, monitorings, type Stage, stages } from "./stages.ts";

/** Where an operator writes settings: beside package.json, ignored by git, or where `STAGES_FILE` says. */
const stagesFile = () =>
  process.env["STAGES_FILE"] || fileURLToPath(new URL("../../stages.json", import.meta.url));

/**
 * Finds the stage that is deployed under a name: what is built in, with what the operator's file sets. Throws a sentence
 * for everything in the file that cannot be, or when there is no such stage.
 */
export function stageOf(name: string, file = stagesFile()): Stage {
  const given = readStages(file);
  const { like = name, ...own }: Own = given[name] ?? {};
  const base = stages.find((stage) => stage.name === like);
  if (!base) {
    const names = new Set([...stages.map((stage) => stage.name), ...Object.keys(given)]);
    throw new Error(
      `There is no stage ${name}. Choose one of ${[...names].join(", ")}, or add it to ${basename(file)}.`,
    );
  }
  const stage = {
    ...base,
    ...own,
    name,
    memoryMb: { ...base.memoryMb, ...own.memoryMb },
    throttle: { ...base.throttle, ...own.throttle },
  };
  if (stage.alarmEmail !== undefined && stage.monitoring === "none") {
    throw new Error(
      `${basename(file)}, stage ${name}: There are no alarms to tell alarmEmail of. Set monitoring to alarms or all.`,
    );
  }
  return stage;
}

/** The same; where there is none, ends the process with those sentences alone. */
export function stageOrExit(name: string): Stage {
  try {
    return stageOf(name);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/** What is wrong with an object: no object, a field that nobody knows, or one that is not there. */
const unlike = (fields: object) => (issue: v.StrictObjectIssue) => {
  if (issue.expected === "never") {
    return `There is no such setting. There are ${Object.keys(fields).join(", ")}.`;
  }
  return issue.path ? "Must be given." : "Must be an object.";
};
const object = <const E extends v.ObjectEntries>(entries: E) =>
  v.strictObject(entries, unlike(entries));

const texts = (pattern: RegExp, rule: string) => v.pipe(v.string(rule), v.regex(pattern, rule));

const isOrigin = (value: string) =>
  value === "*" || (URL.canParse(value) && new URL(value).origin === value);
const originRule = 'Must be an origin such as "https://app.example.com", without a path, or "*".';

const isAddress = (value: string) => URL.canParse(value) && /^https?:\/\/.*[^/]$/.test(value);
const addressRule =
  'Must be an address such as "https://bots.example.com", without a slash at its end.';
const address = v.optional(v.pipe(v.string(addressRule), v.check(isAddress, addressRule)));

const platformUrls = v.optional(
  object({ telegram: address, slack: address, discord: address, whatsapp: address }),
);

const anEmail = "Must be an e-mail address.";
const yesOrNo = v.boolean("Must be true or false.");
const megabytes = wholeNumber(128, 10_240);
const times = wholeNumber(1, 1_000_000);

/** What an operator can set of a stage. */
export const settings = {
  alarmEmail: v.optional(v.pipe(v.string(anEmail), v.email(anEmail))),
  home: v.optional(
    object({
      account: texts(/^\d{12}$/, "Must be the twelve digits of an account, as a text."),
      region: texts(/^[a-z]{2}(-[a-z]+)+-\d$/, 'Must be a region such as "eu-central-1".'),
    }),
  ),
  domain: v.optional(
    object({
      name: texts(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'Must be a host name such as "api.example.com".'),
      certificateArn: texts(
        /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
        "Must be the ARN of a certificate of ACM.",
      ),
    }),
  ),
  corsOrigins: v.optional(
    v.array(v.pipe(v.string(originRule), v.check(isOrigin, originRule)), "Must be a list."),
  ),
  throttle: v.optional(object({ requestsPerSecond: v.optional(times), burst: v.optional(times) })),
  keepsData: v.optional(yesOrNo),
  logRetentionDays: v.optional(
    v.picklist(logRetentions, `Must be one of ${logRetentions.join(", ")}.`),
  ),
  memoryMb: v.optional(object({ usual: v.optional(megabytes), waiting: v.optional(megabytes) })),
  monitoring: v.optional(v.picklist(monitorings, `Must be one of ${monitorings.join(", ")}.`)),
  // SQS takes no fewer and no more.
  workerConcurrency: v.optional(wholeNumber(2, 1_000)),
  teamSharePercent: v.optional(wholeNumber(1, 100)),
  platformUrls,
} satisfies v.ObjectEntries;

const Settings = object(settings);

const likes = ["dev", "prod"] as const;
const ofOwnName = {
  like: v.picklist(likes, `Must be one of ${likes.join(", ")}, with whose settings it begins.`),
  ...settings,
};

const Stages = v.pipe(
  v.objectWithRest(
    {
      dev: v.optional(Settings),
      prod: v.optional(Settings),
      emulator: v.optional(
        v.strictObject(
          { platformUrls },
          "Is for emulators, which take all of it as it is but platformUrls. Choose another name.",
        ),
      ),
    },
    object(ofOwnName),
    "Must be an object of stages.",
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [name, own] of Object.entries(dataset.value)) {
      const { domain, home }: Own = own ?? {};
      if (!isStageName(name)) {
        addIssue({
          message: `${JSON.stringify(name)} is no name of a stage: up to 40 lower-case letters, digits and hyphens.`,
        });
      }
      if (domain && home && domain.certificateArn.split(":")[3] !== home.region) {
        addIssue({
          message: `The certificate of the stage ${name} must be in the region of its home, ${home.region}.`,
        });
      }
    }
  }),
);

type Own = v.InferOutput<typeof Settings> & { readonly like?: string };

function readStages(file: string): Readonly<Record<string, Own>> {
  if (!existsSync(file)) {
    if (file === process.env["STAGES_FILE"]) throw new Error(`STAGES_FILE: There is no ${file}.`);
    return {};
  }
  const name = basename(file);
  const read = v.safeParse(Stages, parse(readFileSync(file, "utf8"), name));
  if (read.success) return read.output;
  const sentences = read.issues.map((issue) => {
    const [stage, ...field] = (v.getDotPath(issue) ?? "").split(".");
    const at = [
      name,
      ...(stage ? [`stage ${stage}`] : []),
      ...(field.length > 0 ? [field.join(".")] : []),
    ];
    return `${at.join(", ")}: ${issue.message}`;
  });
  throw new Error(sentences.join("\n"));
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(
      `${name} is no JSON: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
