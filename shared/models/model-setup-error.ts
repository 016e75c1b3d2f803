/** A model that cannot be called as it is set up; the message says in a sentence what to change. */
export class ModelSetupError extends Error {
  override readonly name = "ModelSetupError";
}
