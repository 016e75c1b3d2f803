import type { Language } from "#lib/sdk/language";
import type { NeededProgram } from "#test/support/need-program";
import type { Case, Ground } from "./bench.ts";
import type { Driver } from "./protocol.ts";

/** How the SDK of one language is proven: what is different in each. */
export interface Proven {
  readonly language: Language;
  /** The programs that it needs, each with the package that brings it. */
  readonly needs: readonly NeededProgram[];
  /** What it promises beside what every SDK does. */
  readonly cases?: readonly Case[];
  /** Makes the written and packed SDK ready to be used, in a folder of its own. Gives what starts its driver. */
  install(places: Places): Promise<StartDriver>;
  /** README, examples and samples: compiled as strictly as the language can, and run. */
  checkDocumentation(places: Places, ground: Ground): Promise<void>;
  /** One for each rule of the run-time. */
  readonly mutants: readonly Mutant[];
  /** Makes each ready beside the first one. Gives what starts their drivers, in the same order. */
  installMutants(places: Places, mutated: readonly Mutated[]): Promise<readonly StartDriver[]>;
}

export type StartDriver = (env?: Readonly<Record<string, string>>) => Driver;

/** Where the files of a proof are. */
export interface Places {
  /** The sources of the SDK, as they were written. */
  readonly sdk: string;
  /** The packed SDK. */
  readonly packed: string;
  /** For whatever the proof makes. */
  readonly work: string;
}

/** A small fault in the run-time, and the case that sees it. */
export interface Mutant {
  /** Below the folder of the SDK. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The title of a case, or how it begins. */
  readonly killedBy: string;
}

/** The SDK with another text in one of its files. */
export interface Mutated {
  /** Below the folder of the SDK. */
  readonly file: string;
  readonly text: string;
}
