import { describe, expect, it } from "@jest/globals";
import { createRouter } from "#lib/local/router";

const paths = [
  ["GET", "/v1/bots"],
  ["POST", "/v1/bots"],
  ["GET", "/v1/bots/{id}"],
  ["GET", "/v1/bots/{bot_id}/integrations"],
  ["GET", "/v1/bots/special"],
  ["GET", "/v1/{kind}/special/rows"],
  ["DELETE", "/v1/bots/{bot_id}/users/{user_id}"],
  ["GET", "/docs"],
] as const;
const match = createRouter(paths.map(([method, path]) => ({ method, path })));

describe("the router", () => {
  it.each([
    ["GET", "/v1/bots", "/v1/bots", undefined],
    ["GET", "/v1/bots/bot_1", "/v1/bots/{id}", { id: "bot_1" }],
    ["GET", "/v1/bots/bot_1/integrations", "/v1/bots/{bot_id}/integrations", { bot_id: "bot_1" }],
    [
      "DELETE",
      "/v1/bots/b/users/a%2Fb%20c",
      "/v1/bots/{bot_id}/users/{user_id}",
      { bot_id: "b", user_id: "a/b c" },
    ],
    ["GET", "/docs", "/docs", undefined],
  ])("%s %s goes to %s", (method, path, expected, parameters) => {
    const found = match(method, path);
    expect(found?.entry.path).toBe(expected);
    expect(found?.pathParameters).toEqual(parameters);
  });

  it("prefers a literal segment to a parameter", () => {
    expect(match("GET", "/v1/bots/special")?.entry.path).toBe("/v1/bots/special");
  });

  it("goes back to a parameter where the literal leads nowhere", () => {
    const found = match("GET", "/v1/bots/special/integrations");
    expect(found?.entry.path).toBe("/v1/bots/{bot_id}/integrations");
    expect(found?.pathParameters).toEqual({ bot_id: "special" });
    expect(match("GET", "/v1/other/special/rows")?.pathParameters).toEqual({ kind: "other" });
  });

  it("leaves a parameter that is badly encoded as it came", () => {
    expect(match("GET", "/v1/bots/%zz")?.pathParameters).toEqual({ id: "%zz" });
  });

  it.each([
    ["PUT", "/v1/bots"],
    ["HEAD", "/v1/bots"],
    ["GET", "/v1/bots/"],
    ["GET", "/v1//integrations"],
    ["GET", "/V1/bots"],
    ["GET", "/v1/bots/a/b/c"],
    ["GET", "/"],
    ["GET", "*"],
    ["GET", "/v1/constructor"],
  ])("%s %s is nobody's", (method, path) => {
    expect(match(method, path)).toBeUndefined();
  });
});
