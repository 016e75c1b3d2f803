import { wordsIn } from "../../schema/json-fields.ts";

/** A phone number without what people write between its digits. */
export const digitsIn = (number: unknown): string => (wordsIn(number) ?? "").replace(/\D+/g, "");
