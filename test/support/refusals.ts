import { expect, it } from "@jest/globals";
import type { Scope } from "#shared/auth/scopes";
import { scopesWithout, type TestPlatform, type TestRequest } from "./test-platform.ts";

/** A well-formed id that nothing has. */
export const unknownId = (prefix: string) => `${prefix}_01jd7zq3c8e9v5r2k4m6n8p0ab`;

/** The key with another last character. */
const mistyped = (key: string) => key.slice(0, -1) + (key.endsWith("x") ? "y" : "x");

/**
 * What every route with a key refuses. `valid` makes a request of a team that succeeds; `refusable` are the ids that
 * it names in its path, which a foreign team must not reach.
 */
export function itRefuses(
  operationId: string,
  platform: TestPlatform,
  valid: (key: string) => Promise<TestRequest>,
): void {
  const scopeOf = (): Scope | undefined => {
    const { auth } = platform.routeOf(operationId);
    return "scope" in auth && auth.scope !== "any" ? auth.scope : undefined;
  };

  it("answers 401 without a key, with another scheme and with a key that does not exist", async () => {
    const { key } = await platform.team();
    const { as: _, ...request } = await valid(key);
    const answers = [
      await platform.call(operationId, request),
      await platform.call(operationId, {
        ...request,
        headers: { authorization: `Basic ${key}` },
      }),
      await platform.call(operationId, { ...request, as: mistyped(key) }),
    ];
    expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual([
      [401, "missing_api_key"],
      [401, "invalid_api_key"],
      [401, "invalid_api_key"],
    ]);
  });

  it("answers 403 to a key that lacks its scope, and names the scope", async () => {
    const scope = scopeOf();
    const team = await platform.team();
    const request = await valid(team.key);
    if (scope === undefined) {
      const key = await team.keyWith("bots:read");
      expect((await platform.call(operationId, { ...request, as: key })).status).toBeLessThan(300);
      return;
    }
    const key = await team.keyWith(...scopesWithout(scope));
    const { status, body } = await platform.call(operationId, { ...request, as: key });
    expect([status, body.error.code]).toEqual([403, "insufficient_scope"]);
    expect(body.error.message).toContain(scope);
  });

  it("answers 429 with Retry-After when the key has used up its minute", async () => {
    const { key } = await platform.team("free");
    const request = await valid(key);
    let answer = await platform.call(operationId, { ...request, as: key });
    for (let count = 0; count < 60 && answer.status !== 429; count++) {
      answer = await platform.call("getTeam", { as: key });
    }
    const refused = await platform.call(operationId, { ...request, as: key });
    expect([refused.status, refused.body.error.code]).toEqual([429, "rate_limit_exceeded"]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(refused.headers["x-ratelimit-remaining"]).toBe("0");
  });

  it("answers the same 404 to a foreign team's, an unknown and a malformed id", async () => {
    const owner = await platform.team();
    const stranger = await platform.team();
    const request = await valid(owner.key);
    const names = Object.keys(request.params ?? {}).filter((name) => name !== "user_id");
    const foreign = names.length > 0 ? [{ ...request, as: stranger.key }] : [];
    const wrong = names.flatMap((name) => {
      const prefix = (request.params?.[name] ?? "").split("_")[0] ?? "";
      return [unknownId(prefix), "nonsense", `${prefix}_`, "../../etc"].map((value) => ({
        ...request,
        as: owner.key,
        params: { ...request.params, [name]: value },
      }));
    });
    for (const refused of [...foreign, ...wrong]) {
      const { status, body } = await platform.call(operationId, refused);
      expect([status, body.error.code, body.error.message]).toEqual([
        404,
        "not_found",
        "There is no such resource. Check the path and the id.",
      ]);
    }
  });
}
