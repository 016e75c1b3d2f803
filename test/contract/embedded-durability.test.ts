import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "@jest/globals";
import { AwsError } from "#lib/local/embedded/aws-error";
import { type Database, openDatabase } from "#lib/local/embedded/database";
import { plainCall, Services } from "#lib/local/embedded/services";
import { type Effect, Turns, type Watcher } from "#lib/local/embedded/turn";
import { N, S } from "#test/support/embedded-contract";
import { fileTable, openOnFile, useTemporaryFile } from "#test/support/embedded-file";

const child = fileURLToPath(new URL("../support/embedded-child.ts", import.meta.url));

const temporary = useTemporaryFile();

const open = () => openOnFile(temporary.file);

describe("a process", () => {
  it("finds after kill -9 everything that was answered, and whole transactions only", async () => {
    const { engine, queueUrl } = open();
    await engine.close();
    const running = spawn(process.execPath, [child, temporary.file, "write", "table", queueUrl]);
    const answered: number[] = [];
    for await (const line of createInterface(running.stdout)) {
      answered.push(Number(line));
      if (answered.length === 200) running.kill("SIGKILL");
    }
    const after = open();
    for (const number of answered) expect(await after.get(`n${number}`, "c")).toBeDefined();
    let found = 0;
    for (let number = 0; number < answered.length + 8; number += 1) {
      const [a, b] = [await after.get(`n${number}`, "a"), await after.get(`n${number}`, "b")];
      expect(a === undefined).toBe(b === undefined);
      if (a !== undefined) found += 1;
    }
    expect(found).toBeGreaterThanOrEqual(answered.length);
    const bodies = new Set<number>();
    for (;;) {
      const messages = await after.engine.queues.receive("inbound", 10);
      if (messages.length === 0) break;
      for (const { body } of messages) bodies.add(Number(body));
    }
    expect(answered.filter((number) => !bodies.has(number))).toEqual([]);
    await after.engine.close();
  });

  it("shares the file with a second one: no update is lost, and its messages arrive", async () => {
    const parent = open();
    let noticed = 0;
    parent.engine.queues.onReady("inbound", () => (noticed += 1));
    const running = spawn(process.execPath, [
      child,
      temporary.file,
      "count",
      "table",
      parent.queueUrl,
      "300",
    ]);
    const ended = once(running, "exit");
    let counted = 0;
    for (let done = false; !done; counted += 1) {
      done = running.exitCode !== null;
      await parent.count("counter");
      await endOfTurn();
    }
    expect((await ended)[0]).toBe(0);
    expect((await parent.get("counter"))?.["n"]).toEqual(N(counted + 300));
    const [message] = await parent.engine.queues.receive("inbound", 10);
    expect(message?.body).toBe("from the child");
    expect(noticed).toBeGreaterThan(0);
    await parent.engine.close();
  });
});

describe("a text that is deleted or written over", () => {
  const fileHas = (text: string) =>
    [temporary.file, `${temporary.file}-wal`].filter(
      (file) => existsSync(file) && readFileSync(file).includes(text),
    );

  it("is in neither the file nor its log a minute later, while the engine goes on", async () => {
    let now = Date.parse("2026-03-04T05:06:00.000Z");
    const { engine, put, get, dynamodb, send } = openOnFile(temporary.file, { clock: () => now });
    for (let number = 0; number < 40; number++) {
      // The longest fill pages of their own.
      const text = `secret ${"of mine ".repeat(2 ** (number % 14))}`;
      await put(`deleted ${number}`, { text: S(text) });
      await put(`written over ${number}`, { text: S(text) });
      await put(`kept ${number}`, { text: S("a word") });
      await send(text);
    }
    expect(fileHas("secret")).not.toEqual([]);
    for (let number = 0; number < 40; number++) {
      await put(`written over ${number}`, { text: S("") });
      const Key = { pk: S(`deleted ${number}`), sk: S("x") };
      await dynamodb.send(new DeleteItemCommand({ TableName: "table", Key }));
      const [message] = await engine.queues.receive("inbound", 1);
      await engine.queues.delete("inbound", [message!.receiptHandle]);
    }
    now += 60_000;
    await get("kept 1");
    while (statSync(`${temporary.file}-wal`).size > 0) await endOfTurn();
    expect(fileHas("secret")).toEqual([]);
    expect(fileHas("a word")).toEqual([temporary.file]);
    await engine.close();
  });
});

describe("the log beside the file", () => {
  const logBytes = () => statSync(`${temporary.file}-wal`).size;

  it("is written back after many commits and begun anew, while calls go on", async () => {
    const { engine, put } = open();
    let [number, longest, since] = [0, 0, 0];
    // Each commit makes a log longer that is not begun anew.
    for (; since < 300; number++, since++) {
      await put(`n${number}`);
      if (logBytes() > longest) since = 0;
      longest = Math.max(longest, logBytes());
    }
    expect(longest).toBeGreaterThan(0);
    await engine.close();
    const again = open();
    for (let before = 0; before < number; before++) {
      expect(await again.get(`n${before}`)).toBeDefined();
    }
    await again.engine.close();
  });

  it("is written back and emptied once it is long, while calls go on", async () => {
    const { engine, put, get } = open();
    const text = S("x".repeat(300_000));
    for (let number = 0; logBytes() < 32 * 1024 * 1024; number++) await put(`n${number}`, { text });
    await put("last");
    let answered = 0;
    for (; logBytes() > 0; answered++) expect(await get("last")).toBeDefined();
    expect(answered).toBeGreaterThan(0);
    await put("later");
    await engine.close();
    const again = open();
    for (const pk of ["n0", "last", "later"]) expect(await again.get(pk)).toBeDefined();
    await again.engine.close();
  });

  it("is written back to its end by a close that comes meanwhile", async () => {
    let now = Date.parse("2026-03-04T05:06:00.000Z");
    const { engine, put } = openOnFile(temporary.file, { clock: () => now });
    await put("a");
    now += 60_000;
    await put("b");
    await engine.close();
    expect(existsSync(`${temporary.file}-wal`)).toBe(false);
  });
});

describe("a turn", () => {
  const watcher: Watcher = {
    changedElsewhere: () => undefined,
    committed: () => undefined,
    undone: () => undefined,
  };

  /** A database that notes what is done to its transactions. */
  function recordingDatabase(): { database: Database; log: string[] } {
    const log: string[] = [];
    const real = openDatabase(temporary.file, "process");
    const note = (what: string, act: () => void) => () => {
      log.push(what);
      act();
    };
    return {
      log,
      database: {
        ...real,
        begin: note("begin", () => real.begin()),
        beginWrite: (mustLast) =>
          note(`begin write ${mustLast}`, () => real.beginWrite(mustLast))(),
        commit: note("commit", () => real.commit()),
        rollback: note("rollback", () => real.rollback()),
      },
    };
  }

  it("is committed once, whatever is in it, before anything is answered", async () => {
    const { database, log } = recordingDatabase();
    const turns = new Turns(database, { ...watcher, committed: () => log.push("told") });
    const call = (name: string, effect: Effect) =>
      turns.submit(effect, () => log.push(name)).then(() => log.push(`${name} answered`));
    await Promise.all([
      call("get", "reads"),
      call("put", "writes for good"),
      call("hide", "writes"),
    ]);
    expect(log.join(", ")).toBe(
      "begin write true, get, put, hide, commit, told, get answered, put answered, hide answered",
    );
    database.close();
  });

  it("is synced where a power cut counts and one of its calls must last", () => {
    // As SQLite numbers them: 1 is NORMAL, 2 is FULL.
    for (const [durability, mustLast, level] of [
      ["process", true, 1],
      ["power", false, 1],
      ["power", true, 2],
    ] as const) {
      const database = openDatabase(temporary.file, durability);
      database.beginWrite(!mustLast);
      database.commit();
      database.beginWrite(mustLast);
      expect(database.prepare("PRAGMA synchronous").get()).toEqual([level]);
      database.commit();
      database.close();
    }
  });

  it("waits while it is held, also when it is held again, and is run by a flush", async () => {
    const { database, log } = recordingDatabase();
    const turns = new Turns(database, watcher);
    const call = (name: string) => turns.submit("reads", () => log.push(name));
    const release = turns.hold();
    const held = call("a");
    await endOfTurn();
    await endOfTurn();
    expect(log).toEqual([]);
    release();
    await held;
    turns.hold();
    const flushed = call("b");
    turns.flush();
    await flushed;
    expect(log).toEqual(["begin", "a", "commit", "begin", "b", "commit"]);
    database.close();
  });

  it("takes no lock that keeps writers away when it only reads", async () => {
    const { database, log } = recordingDatabase();
    await new Turns(database, watcher).submit("reads", () => log.push("get"));
    expect(log).toEqual(["begin", "get", "commit"]);
    database.close();
  });

  it("loses nothing by a call that is refused or breaks", async () => {
    const { database, log } = recordingDatabase();
    database.execute("CREATE TABLE notes (text TEXT)");
    const turns = new Turns(database, watcher);
    const insert = (text: string) =>
      turns.submit("writes for good", () => {
        database.prepare("INSERT INTO notes VALUES (?)").run(text);
        if (text === "broken") throw new TypeError("a fault in the engine");
        if (text === "refused") throw new AwsError("ValidationException", "no");
        return text;
      });
    const outcomes = await Promise.allSettled(["a", "broken", "b"].map(insert));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { name: "InternalServerError", status: 500 } });
    const texts = database.prepare<[string]>("SELECT text FROM notes ORDER BY text").all();
    expect(texts.flat()).toEqual(["a", "b"]);
    expect(log).toContain("rollback");
    database.close();
  });

  it("fails every call of it when the disk is full, and the next turn succeeds", async () => {
    const database = openDatabase(temporary.file, "process");
    const services = new Services(database, Date.now, new Map());
    const call = (operation: string, input: object) =>
      services.call("dynamodb", operation, { ...input }, plainCall);
    await call("CreateTable", fileTable);
    const put = (pk: string, length: number) =>
      call("PutItem", {
        TableName: "table",
        Item: { pk: S(pk), sk: S("x"), t: S("x".repeat(length)) },
      });
    const get = (pk: string) =>
      call("GetItem", { TableName: "table", Key: { pk: S(pk), sk: S("x") } });
    await put("first", 1);
    database.execute("PRAGMA max_page_count = 1");
    const outcomes = await Promise.allSettled([
      put("small", 1),
      put("large", 300_000),
      get("first"),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { name: "InternalServerError", status: 500 },
      });
    }
    database.execute("PRAGMA max_page_count = 100000");
    expect(await get("small")).toEqual({});
    await put("large", 300_000);
    expect(await get("first")).toMatchObject({ Item: { pk: S("first") } });
    database.close();
  });
});
