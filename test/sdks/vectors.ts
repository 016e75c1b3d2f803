import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, body, other, secret, signedBy } from "./cases/signed.ts";
import type { Places } from "./proven.ts";

/** Writes what is signed rightly and wrongly for programs that read it with two libraries. Gives the file. */
export async function writeVectors({ work }: Places): Promise<string> {
  const right = signedBy(secret);
  const signature = right["webhook-signature"];
  const wrong = signedBy(other)["webhook-signature"];
  const vectors: readonly [title: string, isRight: boolean, headers: object, text?: string][] = [
    ["as it was signed", true, right],
    ["an empty body", true, signedBy(secret, { text: "" }), ""],
    ["a large body", true, signedBy(secret, { text: "🦉".repeat(9999) }), "🦉".repeat(9999)],
    ["nearly too old", true, signedBy(secret, { at: before(290) })],
    ["nearly too new", true, signedBy(secret, { at: before(-290) })],
    ["several", true, { ...right, "webhook-signature": `v1a,x ${wrong} ${signature}` }],
    ["too old", false, signedBy(secret, { at: before(310) })],
    ["too new", false, signedBy(secret, { at: before(-310) })],
    ["of another secret", false, signedBy(other)],
    ["another body", false, right, `${body} `],
    ["another id", false, { ...right, "webhook-id": "evt_2" }],
    [
      "another time",
      false,
      { ...right, "webhook-timestamp": String(Number(right["webhook-timestamp"]) - 1) },
    ],
    ["no time", false, { ...right, "webhook-timestamp": "now" }],
    ["another version", false, { ...right, "webhook-signature": signature.replace("v1,", "v2,") }],
    ["no base64", false, { ...right, "webhook-signature": "v1,!!!!" }],
    ["half of it", false, { ...right, "webhook-signature": signature.slice(0, 20) }],
    ["no id", false, { ...right, "webhook-id": "" }],
    ["no signature", false, { ...right, "webhook-signature": "" }],
  ];
  const file = join(work, "vectors.json");
  const lines = vectors.map(([title, is_right, headers, text = body]) => ({
    title,
    is_right,
    headers,
    body: text,
    secret,
  }));
  await writeFile(file, JSON.stringify(lines));
  return file;
}
