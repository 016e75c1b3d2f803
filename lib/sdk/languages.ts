import { go } from "./go/go.ts";
import type { Language } from "./language.ts";
import { python } from "./python/python.ts";
import { ruby } from "./ruby/ruby.ts";
import { typescript } from "./typescript/typescript.ts";

/** Every language that there is an SDK in. */
export const languages: readonly Language[] = [typescript, python, go, ruby];
