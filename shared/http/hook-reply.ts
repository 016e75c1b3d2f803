import type { HookAnswer } from "../platforms/inbound-event.ts";
import type { RawReply } from "./define-route.ts";

/** What a platform is told, or nothing. */
export const hookReply = (answer: HookAnswer = { text: "" }): RawReply =>
  "json" in answer
    ? { raw: JSON.stringify(answer.json), contentType: "application/json; charset=utf-8" }
    : { raw: answer.text, contentType: "text/plain; charset=utf-8" };
