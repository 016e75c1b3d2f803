import { expect, it } from "@jest/globals";
import { loadManifest } from "#lib/manifest";
import { Scope } from "#shared/auth/scopes";
import { scopesWithout, type TestPlatform, type TestRequest } from "./test-platform.ts";

const { routes } = await loadManifest();

/** A well-formed id that nothing has. */
export const unknownId = (prefix: string) => `${prefix}_01jd7zq3c8e9v5r2k4m6n8p0ab`;

/** The key with another last character. */
const mistyped = (key: string) => key.slice(0, -1) + (key.endsWith("x") ? "y" : "x");

/**
 * What every route with a key refuses, as far as its definition leaves something to refuse. `valid` makes a request of
 * a team that succeeds; the ids in its path must not be reached by a foreign team.
 */
export function itRefuses(
  operationId: string,
  platform: TestPlatform,
  valid: (key: string) => Promise<TestRequest>,
): void {
  const route = routes.find((entry) => entry.route.operationId === operationId)?.route;
  const scope = route && "scope" in route.auth ? route.auth.scope : undefined;
  if (!route || !scope)
    throw new Error(`There is no operation ${operationId} that asks for a key.`);

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

  if (scope === "any") {
    it("answers a key with any one scope", async () => {
      const team = await platform.team();
      const request = await valid(team.key);
      for (const only of Scope.options) {
        const { status } = await platform.call(operationId, {
          ...request,
          as: await team.keyWith(only),
        });
        expect([only, status]).toEqual([only, route.status]);
      }
    });
  } else {
    it("answers 403 to a key that lacks its scope, and names the scope", async () => {
      const team = await platform.team();
      const request = await valid(team.key);
      const key = await team.keyWith(...scopesWithout(scope));
      const { status, body } = await platform.call(operationId, { ...request, as: key });
      expect([status, body.error.code]).toEqual([403, "insufficient_scope"]);
      expect(body.error.message).toContain(scope);
    });
  }

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

  // The id of a user is the team's own: whoever is unknown has said nothing.
  const ids = [...route.path.matchAll(/\{(\w+)\}/g)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "user_id");
  if (ids.length === 0) return;

  it("answers the same 404 to a foreign team's, an unknown and a malformed id", async () => {
    const owner = await platform.team();
    const stranger = await platform.team();
    const request = await valid(owner.key);
    const foreign = { ...request, as: stranger.key };
    const wrong = ids.flatMap((name) => {
      const prefix = (request.params?.[name] ?? "").split("_")[0] ?? "";
      return [unknownId(prefix), "nonsense", `${prefix}_`, "../../etc"].map((value) => ({
        ...request,
        as: owner.key,
        params: { ...request.params, [name]: value },
      }));
    });
    for (const refused of [foreign, ...wrong]) {
      const { status, body } = await platform.call(operationId, refused);
      expect([status, body.error.code, body.error.message]).toEqual([
        404,
        "not_found",
        "There is no such resource. Check the path and the id.",
      ]);
    }
  });
}
