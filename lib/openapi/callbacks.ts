import { events } from "#shared/events/catalogue";
import type { Route } from "#shared/http/define-route";
import { told } from "./events.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Components } from "./schemas.ts";

const name = "ExecutionEnded";

/** Whom an operation has us call later: the `callback` of a loop, where its body has one. */
export const callbacksOf = ({ body }: Route): JsonSchema | undefined =>
  body && "entries" in body && "callback" in Object(body.entries)
    ? { executionEnded: { $ref: `#/components/callbacks/${name}` } }
    : undefined;

/** The callbacks that operations refer to, where some do. */
export function describeCallbacks(
  routes: readonly Route[],
  components: Components,
): JsonSchema | undefined {
  const ended = events.find(({ type }) => type === "agent_loop.completed");
  if (!ended || !routes.some(callbacksOf)) return undefined;
  const { description, ...post } = told(
    components.refer(ended.body.entries.data, "output"),
    ended.example.data,
  );
  return {
    [name]: {
      "{$request.body#/callback/url}": {
        post: {
          operationId: `on${name}`,
          summary: "An execution has ended",
          description: `Comes once for each execution, whatever its status, signed with the loop's \`signing_secret\`.\n\n${description}`,
          ...post,
        },
      },
    },
  };
}
