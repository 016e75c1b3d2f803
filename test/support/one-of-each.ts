import type { Ask, AskRequest } from "#lib/one-of-each";

/** What asks operations: the platform in this process, or a black box. */
interface Caller {
  call(
    operationId: string,
    request: AskRequest & { readonly as: string },
    // Tests read answers freely; each was checked against OpenAPI.
    // oxlint-disable-next-line typescript/no-explicit-any
  ): Promise<{ readonly status: number; readonly text: string; readonly body: any }>;
}

/** Asks with a key, as `oneOfEach` does. Throws when it is refused. */
export const askAs =
  (caller: Caller, as: string): Ask =>
  async (operationId, request) => {
    const { status, text, body } = await caller.call(operationId, { ...request, as });
    if (status >= 300) throw new Error(`${operationId} answered ${status}: ${text}`);
    return body.data;
  };
