import * as v from "valibot";
import { allNames } from "./all-names.ts";
import { text } from "./fields.ts";

const HeaderName = v.pipe(
  v.string(),
  v.regex(
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/,
    "Is no name of a header: 1 to 256 letters, digits or -_.",
  ),
);
const HeaderValue = v.pipe(
  text(0, 4_096),
  v.regex(
    /^[\t\x20-\x7e\x80-\xff•]*$/,
    "Holds characters that no header can have, such as line breaks.",
  ),
  v.check((value) => Buffer.byteLength(value) <= 4_096, "Must be at most 4 KiB."),
);

/** HeaderMap that people have us send. */
export const HeaderMap = v.pipe(
  allNames(v.record(HeaderName, HeaderValue)),
  v.check((headers) => !Object.hasOwn(headers, "__proto__"), "Must not have the name __proto__."),
  v.check((headers) => Object.keys(headers).length <= 20, "Must be at most 20 headers."),
  v.metadata({ maxProperties: 20 }),
  v.description(
    "Sent with every call; a value has at most 4 KiB. Names that HTTP or this API sets itself, such as `Host`, `Content-Type` or `webhook-id`, are refused. Values are stored encrypted and shown masked; a value equal to its own mask keeps the stored one. For a URL of another server all of them are given again.",
  ),
);

/** HeaderMap as answers show them. */
export const ShownHeaders = v.pipe(
  allNames(v.record(v.string(), v.string())),
  v.description("Values are masked: `••••` and the last four characters of long ones."),
);
