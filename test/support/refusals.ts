import { expect, it } from "@jest/globals";
import { loadManifest } from "#lib/manifest";
import { Scope } from "#shared/auth/scopes";
import type { Route } from "#shared/http/define-route";
import {
  scopesWithout,
  type TestAnswer,
  type TestPlatform,
  type TestRequest,
} from "./test-platform.ts";

/** A well-formed id that nothing has. */
export const unknownId = (prefix: string) => `${prefix}_01jd7zq3c8e9v5r2k4m6n8p0ab`;

/** The key with another last character. */
const mistyped = (key: string) => key.slice(0, -1) + (key.endsWith("x") ? "y" : "x");

const routes = new Map(
  (await loadManifest()).routes.map(({ route }) => [route.operationId, route]),
);

/**
 * Registers what a route refuses, as its definition says: callers without its key, scope or signature, and ids in its
 * path that are not the team's. `valid` makes a request of a team that succeeds.
 */
export function itRefuses(
  operationId: string,
  platform: TestPlatform,
  valid: (key: string) => Promise<TestRequest>,
): void {
  const route = routes.get(operationId);
  if (!route) throw new Error(`There is no operation ${operationId}.`);
  const { auth, path } = route;
  if ("public" in auth) throw new Error(`${operationId} is public and refuses nobody.`);
  if ("signed" in auth) {
    itRefusesSignatures(
      route,
      (request) => platform.call(operationId, request),
      async () => valid((await platform.team()).key),
    );
    return;
  }
  const { scope } = auth;

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
        const as = await team.keyWith(only);
        const { status } = await platform.call(operationId, { ...request, as });
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

  const names = [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name ?? "")
    .filter((name) => name !== "user_id");
  if (names.length === 0) return;
  it("answers the same 404 to a foreign team's, an unknown and a malformed id", async () => {
    const owner = await platform.team();
    const stranger = await platform.team();
    const request = await valid(owner.key);
    const wrong = names.flatMap((name) => {
      const prefix = (request.params?.[name] ?? "").split("_")[0] ?? "";
      return [unknownId(prefix), "nonsense", `${prefix}_`, "../../etc"].map((value) => ({
        ...request,
        as: owner.key,
        params: { ...request.params, [name]: value },
      }));
    });
    for (const refused of [{ ...request, as: stranger.key }, ...wrong]) {
      const { status, body } = await platform.call(operationId, refused);
      expect([status, body.error.code, body.error.message]).toEqual([
        404,
        "not_found",
        "There is no such resource. Check the path and the id.",
      ]);
    }
  });
}

/** Registers that a signed route refuses a request without its headers, and with others in their place, as it says. */
export function itRefusesSignatures(
  { operationId, headers = [], refusals }: Route,
  call: (request: TestRequest) => Promise<TestAnswer>,
  valid: () => Promise<TestRequest>,
): void {
  if (headers.length === 0) throw new Error(`${operationId} is signed elsewhere than in headers.`);
  it.each<[string, Readonly<Record<string, string>>]>([
    ["no signature", {}],
    ["a wrong signature", Object.fromEntries(headers.map((name) => [name, "0".repeat(64)]))],
  ])("answers 401 to %s", async (_, given) => {
    const request = await valid();
    expect((await call(request)).status).toBeLessThan(300);
    const answer = await call({ ...request, headers: given });
    const { status, text } = answer;
    const type = refusals === "plain" ? "text/plain" : "application/json";
    expect([status, answer.headers["content-type"]]).toEqual([401, `${type}; charset=utf-8`]);
    expect(text.includes('"invalid_signature"')).toBe(refusals !== "plain");
  });
}
