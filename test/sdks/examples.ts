import { type Method, methodsOf, type SdkModel } from "#lib/sdk/model";
import type { Proxy, Seen } from "./proxy.ts";

/** Whether a request is of a method. */
export const isOf = ({ http, path }: Method, seen: Pick<Seen, "method" | "path">) =>
  http === seen.method &&
  new RegExp(`^/v1${path.replaceAll(/\{\w+\}/g, "[^/?]+")}(\\?|$)`).test(seen.path);

/** Answers each request with the example of its operation; 500 where there is no such operation. */
export const answerByExample =
  (model: SdkModel): Parameters<Proxy["answerAll"]>[0] =>
  (seen) => {
    const method = methodsOf(model).find((one) => isOf(one, seen));
    const { status = 500, answer = {} } = method?.example ?? {};
    return { kind: "answer", status, body: answer };
  };
