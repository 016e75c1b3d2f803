import { events } from "#shared/events/catalogue";
import type { Route } from "#shared/http/define-route";
import { told } from "./events.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Components } from "./schemas.ts";

/**
 * Whom an operation has us call later: the `callback` of a loop, where one is made that may have it. A change may set it
 * too; it stands in the document once, because generators know no references to callbacks.
 */
export function callbacksOf(
  { method, body }: Route,
  components: Components,
): JsonSchema | undefined {
  const mayHave = body && "entries" in body && "callback" in Object(body.entries);
  const ended = events.find(({ type }) => type === "agent_loop.completed");
  if (method !== "POST" || !mayHave || !ended) return undefined;
  const { description, ...post } = told(
    components.refer(ended.body.entries.data, "output"),
    ended.example.data,
  );
  return {
    executionEnded: {
      "{$request.body#/callback/url}": {
        post: {
          operationId: "onExecutionEnded",
          summary: "An execution has ended",
          description: `Comes once for each execution, whatever its status, signed with the loop's \`signing_secret\`.\n\n${description}`,
          ...post,
        },
      },
    },
  };
}
