/** Levels of the log, the lowest first. */
export type LogLevel = "info" | "warn" | "error";

/** Every line that the platform logs, by the value of its field `event`: its levels, and what it says in a sentence. */
export const logEvents = {
  request: {
    levels: ["info", "error"],
    says: "A request was answered, with what it cost; an error when the answer is a 5xx.",
  },
  answer_not_kept: {
    levels: ["error"],
    says: "The answer to a request with an `Idempotency-Key` could not be stored; a repeat does the same again.",
  },
  message: {
    levels: ["info", "error"],
    says: "A worker has handled a message, with what it cost; an error when the message goes back to its queue.",
  },
  visibility_not_set: {
    levels: ["warn"],
    says: "The queue did not prolong the time for which a message is hidden; it may come twice, which hurts nothing.",
  },
  wake_not_sent: {
    levels: ["warn"],
    says: "The message that wakes a worker could not be sent; the sweeper's comes 60 seconds after the work was due.",
  },
  work_failed: {
    levels: ["error"],
    says: "A worker threw while it worked; the work is tried again after 5, then 30, then 120 seconds.",
  },
  work_given_up: {
    levels: ["error"],
    says: "Work was claimed for the sixth time without progress, and is ended or waits for an hour.",
  },
  channel_not_let_go: {
    levels: ["warn"],
    says: "A platform was not told, in a day or because it refuses the credentials, that a channel is no more; what it still sends is turned away.",
  },
  health_not_checked: {
    levels: ["warn"],
    says: "What a platform says of a channel could not be asked or stored; the channel was shown with what was known.",
  },
  channel_not_noted: {
    levels: ["warn"],
    says: "That a reply went out, or why it did not, could not be written into its channel; the next reply does.",
  },
  move_not_noted: {
    levels: ["warn"],
    says: "That a chat goes on under another id could not be written down; who sends there next does.",
  },
  work_without_key: {
    levels: ["error"],
    says: "The team's data key could not be had; the work waits 30 seconds and counts no failure.",
  },
  work_stopped: {
    levels: ["info"],
    says: "The process is stopping; the work was released for another at once.",
  },
  work_turned_away: {
    levels: ["info"],
    says: "No place is free for work that takes long, or no room for what it holds; it is released for minutes, and tells how often in a row.",
  },
  wait_turned_away: {
    levels: ["info"],
    says: "A request had waited for others for a second, and all places that it may have are taken; it was answered without what it waited for.",
  },
  work_ended: {
    levels: ["info"],
    says: "Work was ended while a worker was at it, such as an execution that was cancelled; it stopped and wrote nothing more.",
  },
  lease_lost: {
    levels: ["warn"],
    says: "A worker lost its lease while it worked, and wrote nothing more; another goes on.",
  },
  sweep: {
    levels: ["info"],
    says: "The sweeper has run: how many messages it sent, and how long the oldest due work has been undone.",
  },
  sweep_not_sent: {
    levels: ["error"],
    says: "The sweeper could not send messages for due work; the next sweep tries again.",
  },
  sweep_not_pushed: {
    levels: ["warn"],
    says: "The sweeper sent a message and could not note it; the next sweep sends another.",
  },
  sweep_unknown_work: {
    levels: ["error"],
    says: "A due row is of a kind that this version does not know; it was left alone.",
  },
  execution_ended: {
    levels: ["info"],
    says: "An execution has ended: its status and, when it failed, the code.",
  },
  delivery_attempted: {
    levels: ["info"],
    says: "A delivery was attempted: what the receiver answered and what follows.",
  },
  typing_not_shown: {
    levels: ["warn"],
    says: "The sign that an answer is on its way could not be shown; the answer is made all the same.",
  },
  message_not_removed: {
    levels: ["warn"],
    says: "A message that stood in for a sign of life could not be taken back; the next answer tries again, if that can help.",
  },
  refusal_not_remembered: {
    levels: ["warn"],
    says: "That a model takes no files of a kind could not be written into its integration; the next answer asks it with them again.",
  },
  file_not_read: {
    levels: ["warn"],
    says: "The bucket did not give a file that a model was to see; the model is told so.",
  },
  health_not_shown: {
    levels: ["warn"],
    says: "That a backend works again could not be written into `health` of its integration; its next answer tries again.",
  },
  model_call_broken: {
    levels: ["warn"],
    says: "A model's library threw before or after the call itself; the execution treats it as a failed call.",
  },
  key_not_given: {
    levels: ["warn"],
    says: "KMS refused or did not answer; without a data key in memory, routes answer 503 and workers wait.",
  },
  function_failed: {
    levels: ["error"],
    says: "On one machine: a function threw or ran out of time, for which Lambda would write its own line.",
  },
  queue_not_read: {
    levels: ["error"],
    says: "On one machine: a queue could not be read; it is tried again after pauses, and said once until it can.",
  },
  unhandled: {
    levels: ["error"],
    says: "On one machine: a promise was rejected and nobody waited for it; the server goes on.",
  },
  stop_failed: {
    levels: ["error"],
    says: "On one machine: stopping failed, and the process ended with code 1.",
  },
} as const satisfies Readonly<
  Record<string, { readonly levels: readonly LogLevel[]; readonly says: string }>
>;
export type LogEvent = keyof typeof logEvents;
/** The levels at which an event may be logged. */
export type LevelOf<Event extends LogEvent> = (typeof logEvents)[Event]["levels"][number];
