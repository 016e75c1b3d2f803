import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import type { AdapterDeps } from "#shared/platforms/adapter";
import { baseUrlOf, type PlatformName, platforms } from "#shared/platforms/catalogue";
import { isFilePlace } from "#shared/platforms/download-file";
import type { Attachment } from "#shared/schema/content";
import { discord } from "../support/discord-case.ts";
import { answers } from "../support/fake-backend.ts";
import { withLog } from "../support/log-lines.ts";
import {
  deliver,
  type FakePlatform,
  plainPiece,
  type PlatformCase,
} from "../support/platform-case.ts";
import { slack } from "../support/slack-case.ts";
import { telegram } from "../support/telegram-case.ts";
import { whatsapp } from "../support/whatsapp-case.ts";

const now = Date.UTC(2026, 10, 29);
const fetch = createSafeFetch({ allowPrivate: () => true });

it("has every adapter that there is", () => {
  const folders = readdirSync("shared/platforms", { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(folders).toEqual([discord.name, slack.name, telegram.name, whatsapp.name]);
});

testsOf(discord);
testsOf(slack);
testsOf(telegram);
testsOf(whatsapp);

/** What holds of every platform. */
function testsOf<P extends PlatformName, F extends FakePlatform>(platform: PlatformCase<P, F>) {
  const { adapter, inbound, account, channel, comesIn, address, refusals } = platform;
  const { credentials } = channel;
  const sending = Object.entries(credentials).flatMap(([field, value]) =>
    platform.no_secrets?.includes(field) ? [] : String(value),
  );
  const secrets = [...sending, channel.hook_secret];
  let fake: F;
  let deps: AdapterDeps;
  beforeEach(async () => {
    fake = await platform.start();
    const signal = new AbortController().signal;
    deps = { fetch, base_url: fake.url, clock: () => now, signal };
  });
  afterEach(async () => {
    await fake.close();
    expect(fake.mistakes).toEqual([]);
  });
  const send = (piece = plainPiece("Hello"), given = deps) =>
    adapter.send(given, credentials, { address, piece, tag: "msg_1#0" });

  describe(`what comes in from ${platform.name}`, () => {
    const verifier = adapter.verifierOf(channel);
    const [first] = comesIn;

    it("is taken when the platform sent it, and nobody else", () => {
      expect(inbound.verify(platform.signed(first?.body, now), verifier, now)).toBe(true);
      const taken = platform
        .forged(first?.body, now)
        .filter(([, request]) => inbound.verify(request, verifier, now));
      expect(taken.map(([how]) => how)).toEqual([]);
    });

    it("is proved by what may be stored: JSON, without the credentials that send", () => {
      expect(JSON.parse(JSON.stringify(verifier))).toEqual(verifier);
      if (platforms[platform.name].verifier_is_secret) return;
      const shown = secrets.filter((secret) => JSON.stringify(verifier).includes(secret));
      expect(shown).toEqual([]);
    });

    it.each(comesIn.map((one) => [one.row, one] as const))(
      "reads %s",
      (_, { body, events, answer }) => {
        const parsed = inbound.parse(platform.signed(body, now), { account, now });
        expect(parsed.events).toEqual(events.map((event) => expect.objectContaining(event)));
        expect(parsed.answer).toEqual(answer);
        // What is stored and sent on is JSON.
        expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed);
      },
    );

    it("is read before we know whose it is", () => {
      for (const { body, events } of comesIn) {
        const parsed = inbound.parse(platform.signed(body, now), { account: null, now });
        expect(parsed.events.length).toBe(events.length);
      }
    });

    it("stops nothing and throws nothing, however it looks", () => {
      const bodies = [
        "",
        "{",
        "[]",
        "null",
        "1",
        '"a"',
        "{}",
        `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
      ];
      for (const body of bodies) {
        const request = { headers: {}, body: Buffer.from(body) };
        expect(inbound.parse(request, { account, now }).events).toEqual([]);
      }
      const thrown: unknown[] = [];
      for (const { body } of comesIn) {
        const request = platform.signed(body, now);
        for (const broken of [null, "x", 7, [], {}, -0.5]) {
          for (const odd of withEach(body, broken)) {
            try {
              inbound.parse(
                { ...request, body: Buffer.from(JSON.stringify(odd)) },
                { account, now },
              );
            } catch (error) {
              thrown.push([odd, error]);
            }
          }
        }
      }
      expect(thrown).toEqual([]);
    });
  });

  describe(`what goes out to ${platform.name}`, () => {
    const attachment: Attachment = {
      type: "image",
      url: "https://a.example/c.png",
      name: "A cat",
      mime_type: undefined,
    };
    const long = `${"One line of **text**, `code` and $5.\n".repeat(800)}\n\n${"word ".repeat(900)}`;

    it("is the same pieces for the same reply, none blank, each as JSON", () => {
      const reply = { text: long, attachments: [attachment] };
      const pieces = adapter.pieces(reply);
      expect(adapter.pieces(reply)).toEqual(pieces);
      expect(JSON.parse(JSON.stringify(pieces))).toEqual(pieces);
      expect(pieces.map(({ is_first }) => is_first)).toEqual(pieces.map((_, index) => index === 0));
      expect(pieces.at(-1)?.type).toBe("attachment");
      expect(adapter.pieces({ text: " \n ", attachments: [] })).toEqual([]);
    });

    it.each([
      ["a wide cell over many rows", `|${"a".repeat(1_000)}|b|\n|-|-|\n${"|x|y|\n".repeat(1_000)}`],
      [
        "many columns over empty rows",
        `${"|a".repeat(500)}\n${"|-".repeat(500)}\n${"|\n".repeat(1_000)}`,
      ],
      ["many tables", "a|b\n-|-\nc|d\n\n".repeat(500)],
      [
        "many tables with a wide head",
        `|${"a".repeat(55)}|b|\n|-|-|\n${"||\n".repeat(18)}\n`.repeat(50),
      ],
      ["signs that are escaped", "$<!".repeat(3_000)],
    ])("is no flood: not many times what the backend gave, of %s", (_, text) => {
      const pieces = adapter.pieces({ text, attachments: [] });
      const { limit } = platforms[platform.name].text;
      expect(pieces.length).toBeLessThanOrEqual(6 * Math.ceil(text.length / limit));
    });

    it("arrives whole, each piece as one message with an id", async () => {
      const sent = await deliver(platform, deps, {
        reply: { text: long, attachments: [] },
        address,
      });
      expect(sent.filter(({ ok }) => !ok)).toEqual([]);
      expect(sent.length).toBeGreaterThan(0);
    });

    it("has a plainer form that ends: of the plainest there is none", () => {
      for (const piece of adapter.pieces({ text: long, attachments: [attachment] })) {
        for (const plain of adapter.plainer(piece)) {
          expect(plain).toMatchObject({ type: "text", form: "plain" });
          expect(adapter.plainer(plain)).toEqual([]);
        }
      }
    });

    it.each(refusals.map((one) => [one.says, one.class, one] as const))(
      "is, when the platform says %j: %s",
      async (_, kind, { plan, piece, retry_after_ms }) => {
        plan(fake);
        const sent = await send(piece);
        expect(sent).toMatchObject({ ok: false, class: kind });
        expect(sent.ok ? undefined : sent.retry_after_ms).toBe(retry_after_ms);
      },
    );

    it.each([
      ["cuts the connection", answers.resetBeforeHeaders()],
      ["breaks off its answer", answers.resetAfterHeaders()],
      ["answers with a page and status 502", answers.html("<h1>Bad gateway</h1>", 502)],
      ["answers with a page and status 200", answers.html("<h1>Welcome</h1>")],
      ["answers with status 503", answers.status(503, { "retry-after": "7" })],
      ["answers without an end", answers.endlessBody(8_000_000)],
    ])("is tried again later when the platform %s", async (_, answer) => {
      fake.misbehave(answer);
      expect(await send()).toMatchObject({ ok: false, class: "retry" });
      expect(await send()).toMatchObject({ ok: true });
    });

    it("ends with who asked for it", async () => {
      const stop = new AbortController();
      fake.misbehave(() => stop.abort(new Error("stopped")));
      await expect(send(undefined, { ...deps, signal: stop.signal })).rejects.toThrow("stopped");
    });
  });

  describe(`the account at ${platform.name}`, () => {
    it("is told, connected and let go, and each of it twice does no harm", async () => {
      expect(await adapter.probe(deps, channel)).toMatchObject({ ok: true, account });
      for (let times = 0; times < 2; times += 1) {
        const connected = await adapter.connect(deps, channel);
        expect(connected).toEqual({ ok: true, account, problems: [], replaced_url: null });
      }
      expect(await adapter.probe(deps, channel)).toEqual({ ok: true, account, problems: [] });
      for (let times = 0; times < 2; times += 1) {
        expect(await adapter.disconnect(deps, channel)).toEqual({ ok: true });
      }
    });

    it("is not there for wrong credentials, which is no reason to try again", async () => {
      for (const [field, value] of Object.entries(credentials)) {
        // Every field is a text; what stays is of the same platform.
        const wrong = {
          ...channel,
          credentials: { ...credentials, [field]: `${String(value)}x/../y` },
        };
        const probed = await adapter.probe(deps, wrong);
        if (probed.ok) continue;
        expect(probed.class).not.toBe("retry");
        expect(probed.message).not.toBe("");
      }
    });

    it("is tried again while the platform is down", async () => {
      fake.misbehave(answers.status(502));
      expect(await adapter.probe(deps, channel)).toMatchObject({ ok: false, class: "retry" });
      // What only reads is sent once more by itself when a kept connection is cut.
      for (let times = 0; times < 2; times += 1) fake.misbehave(answers.resetBeforeHeaders());
      expect(await adapter.connect(deps, channel)).toMatchObject({ ok: false, class: "retry" });
    });
  });

  it(`never shows the credentials of ${platform.name}, in any encoding`, async () => {
    const formsOf = (secret: string) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("base64url"),
      Buffer.from(secret).toString("hex"),
    ];
    const forms = secrets.flatMap(formsOf);
    const { result, lines } = await withLog(async () => {
      const shown: unknown[] = [adapter.setup({ ...channel, account })];
      for (const words of sending.flatMap(formsOf)) {
        platform.tell(fake, `No: ${fake.url}/bot${words}/send`);
        shown.push(await send());
      }
      for (const bad of [
        answers.resetBeforeHeaders(),
        answers.redirect("/elsewhere"),
        answers.raw("no HTTP"),
      ]) {
        for (const call of [adapter.probe, adapter.connect, adapter.disconnect]) {
          fake.misbehave(bad);
          shown.push(await call(deps, channel));
        }
        fake.misbehave(bad);
        shown.push(await send());
      }
      await fake.close();
      shown.push(await send(), await adapter.probe(deps, channel));
      return shown;
    });
    const told = JSON.stringify([result, lines]);
    const found = forms.filter((form) => told.includes(form));
    expect(found).toEqual([]);
    // The secret half of a token is as good as all of it.
    expect(
      secrets.flatMap((secret) => secret.split(":").slice(1)).filter((half) => told.includes(half)),
    ).toEqual([]);
  });

  it(`fetches files of ${platform.name} from its own places alone`, () => {
    const { file_hosts, base_url } = platforms[platform.name];
    const may = (url: string) => isFilePlace(url, platform.name, "http://127.0.0.1:8081/api");
    for (const listed of file_hosts) {
      const host = listed.replace("*", "files");
      expect(may(`https://${host}/a`)).toBe(true);
      for (const url of [
        `http://${host}/a`,
        `https://${host}:8443/a`,
        `https://x@${host}/a`,
        `https://${host}.example/a`,
        `https://evil${host}/a`,
      ]) {
        const isBelow = listed.startsWith("*.") && url.includes("evilfiles.");
        expect([url, may(url)]).toEqual([url, isBelow]);
      }
    }
    expect(may("http://127.0.0.1:8081/other")).toBe(true);
    expect(may("http://127.0.0.1:8082/api")).toBe(false);
    expect(may("https://169.254.169.254/")).toBe(false);
    expect(baseUrlOf(platform.name)).toBe(base_url.default);
  });
}

/** The same value with something else in the place of each of its parts, one at a time. */
function withEach(value: unknown, other: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [other];
  return Object.entries(value).flatMap(([key, part]) =>
    withEach(part, other)
      .concat([other])
      .map((odd) =>
        Array.isArray(value)
          ? value.map((one, index) => (String(index) === key ? odd : one))
          : { ...value, [key]: odd },
      ),
  );
}
