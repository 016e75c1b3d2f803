import { describe, expect, it } from "@jest/globals";

const refusal = { status: 404, body: { error: { code: "not_found" } } };

describe("toBeRefused", () => {
  it("holds for a refusal with this status and this code alone", () => {
    expect(refusal).toBeRefused(404, "not_found");
    expect(refusal).not.toBeRefused(409, "not_found");
    expect(refusal).not.toBeRefused(404, "conflict");
    expect({ status: 404, body: undefined }).not.toBeRefused(404, "not_found");
  });

  it("shows what came instead", () => {
    const served = { status: 200, body: { data: { name: "Concierge" } } };
    expect(() => expect(served).toBeRefused(404, "not_found")).toThrow(/200.*Concierge/s);
    expect(() => expect(refusal).not.toBeRefused(404, "not_found")).toThrow(/anything but/);
  });
});
