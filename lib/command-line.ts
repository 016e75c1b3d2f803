/** A program for who works on this project, and what `npm run NAME -- --help` says of it. */
interface Program {
  readonly name: string;
  readonly help: string;
}

/**
 * What `read` makes of the arguments; it throws a sentence about what is wrong with them. Ends the process with the help
 * when that is asked for, and with 2 after such a sentence.
 */
export function readCommandLine<T>(
  { name, help }: Program,
  args: readonly string[],
  read: () => T,
): T {
  if (args.some((arg) => arg === "--help" || arg === "-h")) {
    process.stdout.write(help);
    process.exit();
  }
  try {
    return read();
  } catch (error) {
    refuseArguments(name, error instanceof Error ? error.message : String(error));
    process.exit();
  }
}

/** Says what is wrong with the arguments of a program; it ends with 2. */
export function refuseArguments(name: string, problem: string): void {
  process.stderr.write(`${problem}\nnpm run ${name} -- --help says more.\n`);
  process.exitCode = 2;
}

/** The names that are asked for, or all of them when none is. Throws when there is no such name. */
export function chosenOf<N extends string>(
  names: readonly N[],
  asked: readonly string[],
): readonly N[] {
  const unknown = asked.find((one) => !names.some((name) => name === one));
  if (unknown !== undefined) throw new Error(`There is no ${unknown}: ${names.join(", ")}.`);
  return asked.length === 0 ? names : names.filter((name) => asked.includes(name));
}
