import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Files } from "../language.ts";
import { tar, tgz } from "../tgz.ts";

/** What a gem says of itself. */
export interface AboutGem {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly author: string;
  readonly license: string;
  /** Of Ruby: `3.1`. */
  readonly least: string;
}

/** Packs files as `gem build` does. The same files make the same bytes. */
export function gem(about: AboutGem, files: Files): Uint8Array {
  const parts = new Map<string, Uint8Array>([
    ["metadata.gz", gzipSync(specification(about, [...files.keys()]), { level: 9 })],
    ["data.tar.gz", tgz(files)],
  ]);
  parts.set("checksums.yaml.gz", gzipSync(checksums(parts), { level: 9 }));
  return tar(parts);
}

const checksums = (parts: ReadonlyMap<string, Uint8Array>) => {
  const of = (algorithm: string) => [
    `${algorithm.toUpperCase()}:`,
    ...[...parts].map(
      ([name, bytes]) => `  ${name}: ${createHash(algorithm).update(bytes).digest("hex")}`,
    ),
  ];
  return ["---", ...of("sha256"), ...of("sha512"), ""].join("\n");
};

/** The gemspec as Ruby's YAML of it, at a time that is the same for every build. */
const specification = (
  { name, version, summary, author, license, least }: AboutGem,
  files: readonly string[],
) => `--- !ruby/object:Gem::Specification
name: ${name}
version: !ruby/object:Gem::Version
  version: ${version}
platform: ruby
authors:
- ${author}
autorequire:
bindir: bin
cert_chain: []
date: 1985-10-26 00:00:00.000000000 Z
dependencies: []
description:
email:
executables: []
extensions: []
extra_rdoc_files: []
files:
${files.map((file) => `- ${file}\n`).join("")}homepage:
licenses:
- ${license}
metadata: {}
post_install_message:
rdoc_options: []
require_paths:
- lib
required_ruby_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '${least}'
required_rubygems_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'
requirements: []
rubygems_version: 3.3.15
signing_key:
specification_version: 4
summary: ${JSON.stringify(summary)}
test_files: []
`;
