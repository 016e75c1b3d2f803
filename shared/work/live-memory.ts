import { envNumber } from "../runtime/env.ts";
import { createMemory, type OpenMemory } from "./memory.ts";

const mebibyte = 1_048_576;
/** On one machine, where `npm start` says how large the heap may get. */
const mbOfMachine = 1_024;
/** A text is held as rows, as messages and as the body of a call, each with two bytes a character at worst. */
const factor = 16;

let memory: OpenMemory | undefined;

/** What all work of this process shares, by the memory that it has in AWS. */
export function liveMemory(): OpenMemory {
  const mb = envNumber("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", mbOfMachine);
  return (memory ??= createMemory((mb / factor) * mebibyte));
}
