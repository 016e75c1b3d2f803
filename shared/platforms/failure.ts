/** Why something was not done. */
export interface Failure {
  readonly class: FailureClass;
  /** As the platform names it. */
  readonly code: string;
  /** A sentence for the people of the team, without any secret. */
  readonly message: string;
  /** How long the platform wants to be left alone. */
  readonly retry_after_ms?: number;
  /** The field of the credentials that is to blame. */
  readonly field?: string;
}

/** What a failure means for what comes next; the page of this room has it in words. */
export type FailureClass = (typeof failureClasses)[number];
const failureClasses = ["retry", "recipient", "configuration", "disconnected", "refused"] as const;

/** A failure as the outcome of a call. */
export type Refusal = { readonly ok: false } & Failure;

/** What became of a call that brings nothing back. */
export type Done = { readonly ok: true } | Refusal;

/** This message is not taken, for a reason of ours or of a file's. */
export const refused = (code: string, message: string): Refusal => ({
  ok: false,
  class: "refused",
  code,
  message,
});

/** One of the credentials is dead, or no such credential. */
export const deadCredential = (field: string, code: string, message: string): Refusal => ({
  ok: false,
  class: "disconnected",
  code,
  message,
  field,
});

/** Classes by the codes of a platform, which are written in one line for each class. */
export const classesOf = (
  codes: Partial<Readonly<Record<FailureClass, string>>>,
): ReadonlyMap<string, FailureClass> =>
  new Map(
    failureClasses.flatMap((kind) =>
      (codes[kind]?.split(" ") ?? []).map((code) => [code, kind] as const),
    ),
  );
