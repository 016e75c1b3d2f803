import { call, change, status } from "../fixtures/whatsapp/calls.ts";
import { type Fields, type GraphError, invalid } from "./whatsapp-errors.ts";

/** What WhatsApp says of a message that it does not take; what only we hold ourselves to is added to the mistakes. */
export function messageProblem(message: Fields, mistakes: string[]): GraphError | undefined {
  const { messaging_product, type, context, biz_opaque_callback_data: tag } = message;
  const { recipient_type: _, to: __, recipient: ___, ...rest } = message;
  if (messaging_product !== "whatsapp") return invalid("messaging_product");
  const lost = placeProblem(message);
  if (lost) return lost;
  if (context !== undefined && !isWamid(Object(context)["message_id"])) return invalid("context");
  if (typeof tag !== "string" || tag === "" || tag.length > 512) {
    mistakes.push("a message has no tag");
  }
  const known = ["messaging_product", "type", "context", "biz_opaque_callback_data", type];
  const odd = Object.keys(rest).find((name) => !known.includes(name));
  return odd === undefined
    ? bodyProblem(String(type), Object(message[String(type)]), mistakes)
    : invalid(odd);
}

/** Whether a value may be the id of a message. */
export const isWamid = (value: unknown) => typeof value === "string" && value.startsWith("wamid.");

function placeProblem({ recipient_type, to, recipient }: Fields): GraphError | undefined {
  if (recipient_type === "group") {
    return isLike(to, /^[\w=+/]{20,}$/) && recipient === undefined ? undefined : invalid("to");
  }
  if (recipient_type !== "individual") return invalid("recipient_type");
  if (to === undefined) {
    return isLike(recipient, /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/)
      ? undefined
      : invalid("recipient");
  }
  // An id of the business in this place is not delivered.
  return isLike(to, /^\d{5,15}$/) ? undefined : { code: 131026, message: "Message undeliverable" };
}

const isLike = (value: unknown, form: RegExp) => typeof value === "string" && form.test(value);

const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  text: ["body", "preview_url"],
  image: ["link", "caption"],
  video: ["link", "caption"],
  audio: ["link"],
  document: ["link", "caption", "filename"],
};

function bodyProblem(type: string, body: Fields, mistakes: string[]): GraphError | undefined {
  const known = fieldsOf[type];
  if (!known) return invalid("type");
  const odd = Object.keys(body).find((name) => !known.includes(name));
  if (odd !== undefined) return invalid(odd);
  const { body: words, preview_url, caption, link } = body;
  if (type === "text") {
    if (preview_url !== false) mistakes.push("a message previews its links");
    const isFit = typeof words === "string" && words.trim() !== "" && words.length <= 4_096;
    return isFit ? undefined : invalid("text.body");
  }
  if (caption !== undefined && (typeof caption !== "string" || caption.length > 1_024)) {
    return invalid("caption");
  }
  const isLink = typeof link === "string" && link.startsWith("https://");
  return isLink ? undefined : { code: 131053, message: "(#131053) Media upload error" };
}

/** The call that tells what became of a message, with the tag that it was sent with. */
export function statusCall(
  sent: { readonly id: string; readonly params: Fields } | undefined,
  name: string,
  error?: GraphError,
): object {
  if (!sent) throw new Error("There is no such message.");
  const { id, params } = sent;
  const { to, recipient, biz_opaque_callback_data } = params;
  const who = to === undefined ? { recipient_user_id: recipient } : { recipient_id: to };
  const errors = error && [{ ...error, title: error.message }];
  return call(
    change({ statuses: [status(name, { id, ...who, biz_opaque_callback_data, errors })] }),
  );
}
