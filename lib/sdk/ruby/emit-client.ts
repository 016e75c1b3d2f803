import type { SdkModel } from "../model.ts";
import { head, inModule } from "./emit.ts";
import { comment } from "./types-of.ts";

/** The file statuses: the error of each status. */
export const statusesFile = ({ errors }: SdkModel): string =>
  inModule([
    ...errors.flatMap(({ status, name }) => [
      ...comment(
        [status === 500 ? "Status 500, and every other from there on" : `Status ${status}`],
        "  ",
      ),
      `  class ${name} < ApiError; end`,
      "",
    ]),
    "  # @api private",
    "  STATUS_ERRORS = {",
    ...errors.map(({ status, name }) => `    ${status} => ${name},`),
    "  }.freeze",
  ]);

/** The file version. */
export const versionFile = ({ version }: SdkModel): string =>
  inModule([`  VERSION = "${version}"`]);

/** In the order in which they need each other. */
const parts =
  "version errors log json resource types statuses page request transport core client resources webhooks backend waiting";

/** What programs do not see. */
const inside =
  "Clock Core Json Log OMIT Read Request ResourceBase STATUS_ERRORS Settings Transport Waiting".split(
    " ",
  );

/** The file that programs require. */
export const indexFile = (): string =>
  [
    ...head,
    ...parts.split(" ").map((name) => `require_relative "chatbot_platform/${name}"`),
    "",
    "# The API of a chatbot platform: begin with Client.",
    "module ChatbotPlatform",
    `  private_constant ${inside.map((name) => `:${name}`).join(", ")}`,
    "end",
    "",
  ].join("\n");
