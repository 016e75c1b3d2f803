import { OutboundError } from "../outbound/outbound-error.ts";
import { retryAfterMs } from "../outbound/retry-after.ts";
import type { Attachment } from "../schema/content.ts";
import type { AdapterDeps, Downloaded } from "./adapter.ts";
import { unanswered } from "./call-platform.ts";
import { type PlatformName, platforms } from "./catalogue.ts";
import { type Refusal, refused } from "./failure.ts";

/** The most bytes of one file, whichever way it goes. */
export const mostFileBytes = 20 * 1_048_576;

const timeoutMs = 60_000;
const mostRedirects = 3;

/** What is fetched. */
interface FilePlace {
  readonly url: string;
  /** Go with every call, also after a redirect: they are for places of the platform alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the message said of it. A page that nobody expected is no file. */
  readonly mime_type: string | null;
}

/** Fetches a file from a platform's own places and from nowhere else, wherever it redirects to. */
export const downloadFile = (
  deps: AdapterDeps,
  name: PlatformName,
  place: FilePlace,
): Promise<Downloaded> => fetchFile(deps, place, (url) => isFilePlace(url, name, deps.base_url));

/** Fetches a file that a backend gave with its reply, from wherever it is. */
export const fetchAttachment = (
  deps: AdapterDeps,
  { url, mime_type }: Attachment,
): Promise<Downloaded> => fetchFile(deps, { url, mime_type: mime_type ?? null }, () => true);

/** What a file of a backend is called: by its name, else by its address. */
export function fileNameOf({ name, url }: Attachment): string {
  const last = URL.parse(url)?.pathname.split("/").at(-1) ?? "";
  try {
    return name ?? (decodeURIComponent(last) || "file");
  } catch {
    return last;
  }
}

async function fetchFile(
  deps: AdapterDeps,
  { url: first, headers = {}, mime_type }: FilePlace,
  isAllowed: (url: string) => boolean,
): Promise<Downloaded> {
  const { fetch, signal } = deps;
  let url = first;
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    if (!isAllowed(url)) {
      return refused("wrong_host", "It is not kept at a place of the platform.");
    }
    try {
      const answer = await fetch(url, {
        method: "GET",
        headers,
        timeout_ms: timeoutMs,
        max_bytes: mostFileBytes,
        has_room: true,
        signal,
      });
      const location = answer.headers["location"];
      if (answer.status < 300 || answer.status >= 400 || location === undefined) {
        const type = typeOf(answer.headers["content-type"]);
        if (answer.status < 200 || answer.status >= 300) {
          return failureOf(
            answer.status,
            retryAfterMs(answer.headers["retry-after"], deps.clock()),
          );
        }
        if (type === "text/html" && mime_type !== "text/html") {
          return refused("html", "The platform sent a page instead of it.");
        }
        return { ok: true, bytes: answer.body, mime_type: mime_type ?? type };
      }
      url = URL.parse(location, url)?.href ?? "";
    } catch (error) {
      if (error instanceof OutboundError && error.code === "too_large") return tooLargeFile;
      return unanswered(error, signal);
    }
  }
  return refused("redirects", "The platform redirected too often.");
}

/** Whether files may be fetched there: HTTPS on a listed host, or the origin of the base URL. */
export function isFilePlace(url: string, name: PlatformName, baseUrl: string): boolean {
  const read = URL.parse(url);
  if (!read || read.username !== "" || read.password !== "") return false;
  if (read.origin === URL.parse(baseUrl)?.origin) return true;
  const isListed = platforms[name].file_hosts.some((host) =>
    host.startsWith("*.") ? read.host.endsWith(host.slice(1)) : read.host === host,
  );
  return read.protocol === "https:" && isListed;
}

/** What is said of a file that is larger than we take. */
export const tooLargeFile: Refusal = refused(
  "too_large",
  `It is larger than ${mostFileBytes / 1_048_576} MiB.`,
);

function failureOf(status: number, retry_after_ms: number | undefined): Refusal {
  if (status === 429 || status >= 500) {
    const message = `The platform answered with status ${status}.`;
    return {
      ok: false,
      class: "retry",
      code: String(status),
      message,
      ...(retry_after_ms !== undefined && { retry_after_ms }),
    };
  }
  return status === 401 || status === 403
    ? refused("forbidden", "The platform does not let us have it.")
    : refused("gone", "It is no longer there.");
}

/** A media type without its parameters, such as the codec of a voice message; null for none. */
export const typeOf = (contentType: string | undefined): string | null =>
  contentType?.split(";")[0]?.trim().toLowerCase() || null;

/** The size of a file as a platform says it; null for what is no size. */
export const sizeIn = (value: unknown) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
