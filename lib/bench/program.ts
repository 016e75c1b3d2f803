import { fork } from "node:child_process";
import { once } from "node:events";

/** A program of this folder in a process of its own, which answers one question after the other. */
export interface Program<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts a program of this folder by the URL of its file. */
export function startProgram<Question extends object, Answer>(
  file: URL,
): Program<Question, Answer> {
  const child = fork(file, { stdio: "inherit" });
  const gone = once(child, "exit");
  const failed = gone.then(([code]) => {
    throw new Error(`A program of the bench ended with ${code}.`);
  });
  // Asked for below; at a stop nobody asks.
  failed.catch(() => {});
  return {
    ask: (question) => {
      const answered = new Promise<Answer>((resolve) => {
        // Both ends are in this folder and share their types.
        child.once("message", (answer) => resolve(answer as Answer));
      });
      child.send(question);
      return Promise.race([answered, failed]);
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

/** Answers the questions that come to this process; it ends when nobody can ask any more. */
export function answerAll<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.on("message", (question) => {
    // As above: the other end shares the types.
    void answer(question as Question).then((message) => process.send?.(message));
  });
  process.on("disconnect", () => process.exit(0));
}
