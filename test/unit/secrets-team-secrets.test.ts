import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { KeyRefusedError } from "#shared/secrets/key-wrapper";
import { UnsealError } from "#shared/secrets/sealed";
import { SecretsUnavailableError } from "#shared/secrets/team-keys";
import { createTeamSecrets } from "#shared/secrets/team-secrets";

const minute = 60_000;
const hour = 60 * minute;
const place = { resource_id: "int_1", field: "headers.Authorization" };

/** Keys of several processes lie in one table; KMS can be broken. */
function setUp() {
  let now = Date.parse("2026-01-02T03:04:05.000Z");
  const table = new Map<string, Uint8Array>();
  const kms = {
    generated: 0,
    unwrapped: 0,
    failure: undefined as Error | undefined,
    /** What a call waits for. */
    gate: Promise.resolve(),
  };
  // Wrapping turns the bytes round and puts the team before them.
  const wrapped = (team: string, key: Uint8Array) =>
    Buffer.concat([Buffer.from(`${team}:`), key.toReversed()]);
  const ask = async () => {
    await kms.gate;
    if (kms.failure) throw kms.failure;
  };
  const deps = {
    clock: () => now,
    dataKeys: {
      find: async (team: string) => table.get(team),
      putIfAbsent: async (team: string, key: Uint8Array) => {
        if (table.has(team)) return "exists" as const;
        table.set(team, key);
        return "put" as const;
      },
    },
    wrapper: {
      generate: async (team: string) => {
        kms.generated++;
        await ask();
        const plaintext = randomBytes(32);
        return { plaintext, wrapped: wrapped(team, plaintext) };
      },
      unwrap: async (team: string, blob: Uint8Array) => {
        kms.unwrapped++;
        await ask();
        if (!Buffer.from(blob).subarray(0, team.length).equals(Buffer.from(team))) {
          throw new KeyRefusedError("wrapped for another team");
        }
        return blob.subarray(team.length + 1).toReversed();
      },
    },
  };
  return {
    kms,
    table,
    deps,
    newProcess: () => createTeamSecrets(deps),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe("the secrets of a team", () => {
  it("open as what was sealed, in another process too", async () => {
    const { newProcess } = setUp();
    const sealed = await newProcess().seal("team_1", place, "Bearer sk-Grüße-3kf9");

    expect(sealed).toEqual({ ciphertext: expect.any(Uint8Array), mask: "••••3kf9", key: 1 });
    expect(Buffer.from(sealed.ciphertext).toString("latin1")).not.toContain("Bearer");
    expect(await newProcess().open("team_1", place, sealed)).toBe("Bearer sk-Grüße-3kf9");
  });

  it("open at no other place and in no other team", async () => {
    const secrets = setUp().newProcess();
    const sealed = await secrets.seal("team_1", place, "secret");
    await secrets.seal("team_2", place, "of another team");

    const elsewhere = [
      secrets.open("team_2", place, sealed),
      secrets.open("team_1", { ...place, resource_id: "int_2" }, sealed),
      secrets.open("team_1", { ...place, field: "headers.X" }, sealed),
      secrets.open("team_1", place, { ...sealed, key: 2 }),
      secrets.open("team_3", place, sealed),
    ];

    for (const { status } of await Promise.allSettled(elsewhere)) expect(status).toBe("rejected");
    await Promise.all(elsewhere.map((open) => expect(open).rejects.toThrow(UnsealError)));
  });

  it("make no data key when there is none to open with", async () => {
    const { newProcess, kms, table } = setUp();
    const sealed = { ciphertext: new Uint8Array(40), key: 1 };
    await expect(newProcess().open("team_1", place, sealed)).rejects.toThrow(UnsealError);
    expect([kms.generated, table.size]).toEqual([0, 0]);
  });
});

describe("the data key of a team", () => {
  it("is one, whoever seals first", async () => {
    const { newProcess, table, kms } = setUp();
    const processes = Array.from({ length: 5 }, newProcess);

    const sealed = await Promise.all(processes.map((it) => it.seal("team_1", place, "secret")));

    expect(kms.generated).toBe(5);
    expect(table.size).toBe(1);
    for (const one of sealed) {
      expect(await newProcess().open("team_1", place, one)).toBe("secret");
      for (const process of processes) {
        expect(await process.open("team_1", place, one)).toBe("secret");
      }
    }
  });

  it("is asked for once by all who need it at the same time", async () => {
    const { newProcess, kms, pass } = setUp();
    const secrets = newProcess();
    const seal = (n: number) => secrets.seal("team_1", place, `secret ${n}`);

    const sealed = await Promise.all(Array.from({ length: 50 }, (_, n) => seal(n)));
    expect([kms.generated, kms.unwrapped]).toEqual([1, 0]);

    pass(16 * minute);
    const opened = sealed.map((one) => secrets.open("team_1", place, one));
    expect(await Promise.all(opened)).toEqual(sealed.map((_, n) => `secret ${n}`));
    expect([kms.generated, kms.unwrapped]).toEqual([1, 1]);
  });

  it("is asked for again after a failure, not kept failing", async () => {
    const { newProcess, kms } = setUp();
    const secrets = newProcess();
    kms.failure = new Error("down");
    await expect(secrets.seal("team_1", place, "secret")).rejects.toThrow(SecretsUnavailableError);
    kms.failure = undefined;
    const sealed = await secrets.seal("team_1", place, "secret");
    expect(await secrets.open("team_1", place, sealed)).toBe("secret");
  });

  it("stays in memory for 15 minutes, however often it is used", async () => {
    const { newProcess, kms, pass } = setUp();
    const secrets = newProcess();
    const sealed = await secrets.seal("team_1", place, "secret");
    for (let n = 0; n < 14; n++) {
      pass(minute);
      await secrets.open("team_1", place, sealed);
    }
    pass(minute - 1);
    await secrets.open("team_1", place, sealed);
    expect(kms.unwrapped).toBe(0);
    pass(1);
    await secrets.open("team_1", place, sealed);
    expect(kms.unwrapped).toBe(1);
  });

  it("is forgotten first where it was used least recently, beyond 1,000 teams", async () => {
    const { newProcess, kms } = setUp();
    const secrets = newProcess();
    const first = await secrets.seal("team_0", place, "secret");
    const second = await secrets.seal("team_1", place, "secret");
    for (let n = 2; n < 1_000; n++) await secrets.seal(`team_${n}`, place, "secret");
    await secrets.open("team_0", place, first);
    await secrets.seal("team_1000", place, "secret");

    await secrets.open("team_0", place, first);
    expect(kms.unwrapped).toBe(0);
    await secrets.open("team_1", place, second);
    expect(kms.unwrapped).toBe(1);
  });

  it("is gone from memory within 15 minutes after it is gone from the table, for good", async () => {
    const { deps, table, pass } = setUp();
    let failing = false;
    const find = async (team: string) => {
      if (failing) throw new Error("throttled");
      return table.get(team);
    };
    const secrets = createTeamSecrets({ ...deps, dataKeys: { ...deps.dataKeys, find } });
    const sealed = await secrets.seal("team_1", place, "secret");
    table.delete("team_1");
    pass(15 * minute);
    await expect(secrets.open("team_1", place, sealed)).rejects.toThrow(UnsealError);
    failing = true;
    await expect(secrets.open("team_1", place, sealed)).rejects.toThrow("throttled");
  });
});

describe("while KMS is down", () => {
  it("a key in memory seals and opens for 12 hours from its last confirmation", async () => {
    const { newProcess, kms, pass } = setUp();
    const secrets = newProcess();
    const sealed = await secrets.seal("team_1", place, "secret");
    kms.failure = new Error("down");

    pass(11 * hour);
    expect(await secrets.open("team_1", place, sealed)).toBe("secret");
    const later = await secrets.seal("team_1", place, "later");
    pass(hour - 1);
    expect(await secrets.open("team_1", place, later)).toBe("later");
    pass(1);
    await expect(secrets.open("team_1", place, sealed)).rejects.toThrow(SecretsUnavailableError);
    pass(hour);
    await expect(secrets.seal("team_1", place, "x")).rejects.toThrow(SecretsUnavailableError);

    kms.failure = undefined;
    expect(await secrets.open("team_1", place, sealed)).toBe("secret");
  });

  it("a key that was used all the time is refused after 13 hours, not before 12", async () => {
    const { newProcess, kms, pass } = setUp();
    const secrets = newProcess();
    const sealed = await secrets.seal("team_1", place, "secret");
    kms.failure = new Error("down");
    const outcomes: boolean[] = [];
    for (let quarter = 1; quarter <= 52; quarter++) {
      pass(15 * minute);
      const open = secrets.open("team_1", place, sealed);
      outcomes.push(
        await open.then(
          () => true,
          () => false,
        ),
      );
    }
    expect(outcomes.indexOf(false)).toBe(47);
    expect(outcomes.lastIndexOf(true)).toBe(46);
  });

  it("KMS is asked again every 30 seconds only", async () => {
    const { newProcess, kms, pass } = setUp();
    const secrets = newProcess();
    const sealed = await secrets.seal("team_1", place, "secret");
    kms.failure = new Error("down");
    pass(15 * minute);
    for (let second = 0; second < 60; second++) {
      await secrets.open("team_1", place, sealed);
      pass(1_000);
    }
    expect(kms.unwrapped).toBe(2);
  });

  it("a process without the key says that secrets are unavailable, and why to the log", async () => {
    const { newProcess, kms } = setUp();
    const sealed = await newProcess().seal("team_1", place, "secret");
    kms.failure = new Error("down");
    await expect(newProcess().open("team_1", place, sealed)).rejects.toMatchObject({
      name: "SecretsUnavailableError",
      cause: kms.failure,
    });
  });

  it("a key that KMS refuses is not used any longer", async () => {
    const { newProcess, kms, pass } = setUp();
    const secrets = newProcess();
    const sealed = await secrets.seal("team_1", place, "secret");
    pass(15 * minute);
    kms.failure = new KeyRefusedError("disabled");
    await expect(secrets.open("team_1", place, sealed)).rejects.toThrow(SecretsUnavailableError);
    kms.failure = new Error("down");
    await expect(secrets.open("team_1", place, sealed)).rejects.toThrow(SecretsUnavailableError);
  });

  it("what the table throws is thrown as it is, unless the key is in memory", async () => {
    const { deps, pass } = setUp();
    const broken = new Error("throttled");
    let failing = true;
    const find = (team: string) => (failing ? Promise.reject(broken) : deps.dataKeys.find(team));
    const secrets = createTeamSecrets({ ...deps, dataKeys: { ...deps.dataKeys, find } });

    await expect(secrets.seal("team_1", place, "secret")).rejects.toBe(broken);
    failing = false;
    const sealed = await secrets.seal("team_1", place, "secret");
    failing = true;
    pass(hour);
    expect(await secrets.open("team_1", place, sealed)).toBe("secret");
  });
});
