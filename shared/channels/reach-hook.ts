import { wrongSignature } from "../errors/api-error.ts";
import { OutboundError } from "../outbound/outbound-error.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import type { Health } from "./channel.ts";

const timeoutMs = 15_000;
/** More than our refusal has. */
const mostBytes = 1_000;

/**
 * What is wrong with the way to a channel's hook: it is called from here as a stranger would, and only our own refusal of a
 * call that nobody signed proves that it was reached. Undefined when nothing is wrong.
 */
export async function reachHook(
  { fetch }: { readonly fetch: SafeFetch },
  webhook_url: string,
): Promise<Health["problems"][number] | undefined> {
  const { code, message: ours } = wrongSignature();
  try {
    const { status, text } = await fetch(webhook_url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
      timeout_ms: timeoutMs,
      max_bytes: mostBytes,
      enough_bytes: ours.length,
    });
    if (status === 401 && text().startsWith(ours)) return undefined;
    const message = `Something else answers at ${webhook_url}, with status ${status} where a call that nobody signed is refused with 401 (${code}). What the platform sends does not come here: look at the tunnel, or at what stands before the API, and set PUBLIC_URL to where it leads.`;
    return { code: "hook_elsewhere", message };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const message = `Nobody answers at ${webhook_url}, where the platform calls: ${error.message} Start the tunnel, or set PUBLIC_URL to an address that leads here and PATCH the credentials.`;
    return { code: "hook_unreachable", message };
  }
}
