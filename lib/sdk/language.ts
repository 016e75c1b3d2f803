import type { Method, SdkModel } from "./model.ts";

/** Files of a package, by their paths in it. */
export type Files = ReadonlyMap<string, string>;

/** A language that there is an SDK in. */
export interface Language {
  /** As its folder here is called: `typescript`. */
  readonly name: string;
  /** As people write it. */
  readonly title: string;
  /** What comes out of `pack`: `typescript.tgz`. */
  readonly packed: string;
  /** Every source file of the package. Throws a sentence where a name of the document cannot be one in the language. */
  sources(model: SdkModel): Promise<Files>;
  /** Compiles what lies in a folder where that is needed, and gives the package as the language's tools take it. */
  pack(folder: string): Promise<Uint8Array>;
  /** One call as a program of its own, with the arguments of the method's example. */
  sample(model: SdkModel, method: Method): string;
  /** One line for each exported name and signature, sorted; of what lies in a folder after `pack`. */
  surface(folder: string): Promise<readonly string[]>;
}
