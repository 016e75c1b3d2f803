import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { version } from "#shared/runtime/version";
import { apiPage } from "../api-page.ts";
import { commonFiles } from "../common-files.ts";
import type { Files, Language } from "../language.ts";
import type { SdkModel } from "../model.ts";
import { helperNamesOf, refuseClashes, resourceClass } from "../names.ts";
import { filesBelow, filesIn } from "../read-files.ts";
import { casing, resourcesFile, typesFile } from "./emit.ts";
import { indexFile, statusesFile, versionFile } from "./emit-client.ts";
import { resourcesSig, statusesSig, typesSig } from "./emit-sig.ts";
import { gem } from "./gem.ts";
import { sample } from "./sample.ts";
import { surfaceOf } from "./surface.ts";

const here = import.meta.dirname;

const about = {
  name: "chatbot_platform",
  version,
  summary:
    "The API of a chatbot platform: bots, backends, channels, conversations, agent loops, webhooks.",
  author: "Chatbot Platform",
  license: "Apache-2.0",
  least: "3.1",
};

const gemspec = `# frozen_string_literal: true

require_relative "lib/chatbot_platform/version"

Gem::Specification.new do |spec|
  spec.name = "${about.name}"
  spec.version = ChatbotPlatform::VERSION
  spec.summary = "${about.summary}"
  spec.author = "${about.author}"
  spec.license = "${about.license}"
  spec.required_ruby_version = ">= ${about.least}"
  spec.files = Dir["{lib,sig,examples}/**/*", "*.md", "LICENSE", "${about.name}.gemspec", base: __dir__]
                 .select { |file| File.file?(File.join(__dir__, file)) }.sort
end
`;

/** What the run-time exports, none of which a type of the document may be called. */
function exportsOf({ resources }: SdkModel, runtime: readonly (readonly [string, string])[]) {
  const opened = new Set(resources.map(({ name }) => resourceClass(name)));
  return runtime
    .flatMap(([, text]) => [...text.matchAll(/^ {2}(?:class|module) ([A-Z]\w*)/gm)])
    .map(([, name = ""]) => name)
    .filter((name) => !opened.has(name));
}

/** A gem on the standard library alone, for Ruby 3.1 and newer. Nothing has to be compiled to pack it. */
export const ruby: Language = {
  name: "ruby",
  title: "Ruby",
  packed: "ruby.gem",
  sources: async (model) => {
    const runtime = await filesIn(join(here, "runtime"));
    refuseClashes(model, casing, {
      own: [...exportsOf(model, runtime), "Types"],
      helpers: helperNamesOf(casing),
    });
    const files = new Map<string, string>();
    const add = (folder: string, all: Iterable<readonly [string, string]>) => {
      for (const [name, text] of all) files.set(`${folder}/${name}`, text);
    };
    add("lib", [["chatbot_platform.rb", indexFile()]]);
    add("lib/chatbot_platform", [
      ...runtime,
      ["resources.rb", resourcesFile(model)],
      ["statuses.rb", statusesFile(model)],
      ["types.rb", typesFile(model)],
      ["version.rb", versionFile(model)],
    ]);
    add("sig", [
      ...(await filesIn(join(here, "sig"))),
      ["resources.rbs", resourcesSig(model)],
      ["statuses.rbs", statusesSig(model)],
      ["types.rbs", typesSig(model)],
    ]);
    add("examples", await filesIn(join(here, "examples")));
    files.set(`${about.name}.gemspec`, gemspec);
    files.set("README.md", await readFile(join(here, "README.md"), "utf8"));
    // Whoever reads it gives them by their names.
    files.set(
      "api.md",
      apiPage(model, casing, helperNamesOf(casing)).replaceAll("params)`", "**params)`"),
    );
    for (const [name, text] of await commonFiles(model)) files.set(name, text);
    return files;
  },
  pack: async (folder) => {
    return gem(about, new Map(await filesBelow(folder)));
  },
  sample,
  surface: async (folder) => surfaceOf(await signaturesIn(join(folder, "sig"))),
};

const signaturesIn = async (folder: string): Promise<Files> =>
  new Map((await filesIn(folder)).filter(([name]) => name.endsWith(".rbs")));
