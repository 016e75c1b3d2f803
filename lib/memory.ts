/** Memory of functions in MB: of those whose definition says that they wait, and of all others. */
export interface Memory {
  readonly usual: number;
  readonly waiting: number;
}

/** Which of the two a function gets, from its definition. */
export const memoryKindOf = ({ waits }: { readonly waits?: true }): keyof Memory =>
  waits ? "waiting" : "usual";
