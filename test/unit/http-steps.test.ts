import { describe, expect, it } from "@jest/globals";
import { route } from "#functions/bots/create/route";
import { authenticate } from "#shared/http/authenticate";
import type { Route } from "#shared/http/define-route";
import { liveEdge } from "#shared/http/edge";
import { idempotency } from "#shared/http/idempotency";
import { respond } from "#shared/http/respond";
import { validate } from "#shared/http/validate";
import { verifySignature } from "#shared/http/verify-signature";

describe("The steps of the chain", () => {
  it("have names of their own in a stack trace", () => {
    const any: Route = route;
    const steps = [
      respond(any, liveEdge),
      authenticate("any", liveEdge),
      idempotency(any, liveEdge),
      validate(any),
      verifySignature(() => async () => undefined),
    ];
    const names = steps.flatMap((step) => Object.values(step).map(({ name }) => name));
    expect(names).toEqual([
      "respondBefore",
      "respondAfter",
      "respondOnError",
      "authenticateBefore",
      "idempotencyBefore",
      "idempotencyOnError",
      "validateBefore",
      "verifySignatureBefore",
    ]);
  });
});
