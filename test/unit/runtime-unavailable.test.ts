import { describe, expect, it } from "@jest/globals";
import { isUnavailable } from "#shared/runtime/unavailable";
import { createDynamoTable } from "#shared/table/dynamo-table";
import { openTestEngine } from "#test/support/embedded-clients";

describe("what is out of reach", () => {
  it.each(["read", "written"])(
    "is also a table that is not there, as while it is restored, when it is %s",
    async (how) => {
      const { engine, dynamodb } = openTestEngine();
      const table = createDynamoTable(dynamodb, "chatbot-platform-prod");
      const key = { pk: "TEAM#1", sk: "TEAM" };
      const call = how === "read" ? table.get(key) : table.putIfAbsent(key);
      const error: unknown = await call.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect([String(error), isUnavailable(error)]).toEqual([
        expect.stringContaining("ResourceNotFoundException"),
        true,
      ]);
      await engine.close();
    },
  );
});
