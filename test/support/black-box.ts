import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { credentials as ofDiscord } from "./discord-channel.ts";
import { type FakeDiscord, startFakeDiscord } from "./fake-discord.ts";
import { type FakeSlack, startFakeSlack } from "./fake-slack.ts";
import { type FakeTelegram, startFakeTelegram } from "./fake-telegram.ts";
import { type FakeWhatsApp, startFakeWhatsApp } from "./fake-whatsapp.ts";
import type { Json } from "./json-schema.ts";
import { makeTeam, newDataDir, startLocalServer } from "./local-server.ts";
import { problemsOfAnswer } from "./openapi-answer.ts";
import { credentials } from "./slack-channel.ts";
import { botToken } from "./telegram-channel.ts";
import { credentials as ofNumber } from "./whatsapp-channel.ts";

/** How an operation is asked. */
export interface BoxRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  /** The body as it is, instead of `body`. */
  readonly rawBody?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another API key than the first team's; null sends none. */
  readonly as?: string | null;
}

/** What came back. */
export interface BoxAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests read answers freely; each was checked against OpenAPI.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** Platforms on this machine, each with one bot. */
export interface FakePlatforms {
  readonly telegram: FakeTelegram;
  readonly slack: FakeSlack;
  readonly discord: FakeDiscord;
  readonly whatsapp: FakeWhatsApp;
}

/** A platform of which nothing is known but its address and the keys of two teams. */
export interface BlackBox {
  /** Without a slash at the end. */
  readonly url: string;
  readonly keys: { readonly first: string; readonly other: string };
  /** Whether its functions run on this machine and may call it: backends of tests can be reached. */
  readonly isNear: boolean;
  /** Its time, in Unix milliseconds. */
  readonly clock: () => number;
  /** What it takes for the platforms where people are; undefined where it calls the real ones. */
  readonly platforms: FakePlatforms | undefined;
  /** Asks an operation of the reference, and throws when the answer is not as the reference says. */
  call(operationId: string, request?: BoxRequest): Promise<BoxAnswer>;
  /** Asks any path, with any method, without a check. */
  ask(method: string, path: string, request?: BoxRequest): Promise<BoxAnswer>;
  /** The operations that were called so far. */
  readonly called: ReadonlySet<string>;
  /** The operations of the reference that it serves. */
  readonly operations: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens the platform at `API_URL` with the keys `API_KEY` and `OTHER_API_KEY`, which belong to two teams; without
 * `API_URL`, one of its own that is started for this (`npm start`) and ended by `close`. Where `TELEGRAM_API_URL`,
 * `SLACK_API_URL`, `DISCORD_API_URL` and `WHATSAPP_API_URL` say which platforms it calls, these are started there.
 */
export async function openBlackBox(): Promise<BlackBox> {
  const { API_URL, API_KEY, OTHER_API_KEY } = process.env;
  const { TELEGRAM_API_URL, SLACK_API_URL, DISCORD_API_URL, WHATSAPP_API_URL } = process.env;
  if (!API_URL) return startBox();
  if (!API_KEY || !OTHER_API_KEY) {
    throw new Error("API_URL needs the keys of two teams, in API_KEY and OTHER_API_KEY.");
  }
  const keys = { first: API_KEY, other: OTHER_API_KEY };
  const platforms =
    TELEGRAM_API_URL && SLACK_API_URL && DISCORD_API_URL && WHATSAPP_API_URL
      ? await startPlatforms(
          [TELEGRAM_API_URL, SLACK_API_URL, DISCORD_API_URL, WHATSAPP_API_URL].map(portOf),
        )
      : undefined;
  const url = API_URL.replace(/\/+$/, "");
  return boxAt({ url, keys, platforms, clock: Date.now }, async () => {});
}

const portOf = (url: string) => Number(new URL(url).port);

async function startPlatforms([
  telegram,
  slack,
  discord,
  whatsapp,
]: readonly number[] = []): Promise<FakePlatforms> {
  return {
    telegram: await startFakeTelegram(botToken, telegram),
    slack: await startFakeSlack(credentials.bot_token, slack),
    discord: await startFakeDiscord(ofDiscord.bot_token, discord),
    whatsapp: await startFakeWhatsApp({ credentials: ofNumber }, whatsapp),
  };
}

async function startBox(): Promise<BlackBox> {
  const dataDir = newDataDir();
  const first = await makeTeam(dataDir, "Acme", "enterprise");
  const other = await makeTeam(dataDir, "Other", "enterprise");
  const platforms = await startPlatforms();
  const aheadMs = minuteEndsIn(15_000);
  const server = await startLocalServer({
    dataDir,
    env: {
      PUBLIC_URL: "https://chat.example.com",
      TELEGRAM_API_URL: platforms.telegram.url,
      SLACK_API_URL: platforms.slack.url,
      DISCORD_API_URL: platforms.discord.url,
      WHATSAPP_API_URL: platforms.whatsapp.url,
      NODE_OPTIONS: `--import=${clockAhead(aheadMs)}`,
    },
  });
  const keys = { first: first.api_key, other: other.api_key };
  const clock = () => Date.now() + aheadMs;
  return boxAt({ url: server.url, keys, platforms, clock }, async () => {
    const { code, stderr } = await server.stop();
    rmSync(dirname(dataDir), { recursive: true, force: true });
    if (code !== 0 || stderr !== "") throw new Error(`The server ended with ${code}: ${stderr}`);
  });
}

/** How far a clock must be ahead to have its minute end in so many milliseconds; half a minute at most. */
function minuteEndsIn(ms: number): number {
  const minute = 60_000;
  const ahead = (2 * minute - ms - (Date.now() % minute)) % minute;
  return ahead > minute / 2 ? ahead - minute : ahead;
}

/** A module that sets the clock of its process so many milliseconds ahead. */
const clockAhead = (ms: number) => {
  const source = `const { now } = Date;
    globalThis.Date = class extends Date {
      static now = () => now() + ${ms};
      constructor(...given) { given.length === 0 ? super(Date.now()) : super(...given); }
    };`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
};

async function boxAt(
  { url, keys, platforms, clock }: Pick<BlackBox, "url" | "keys" | "platforms" | "clock">,
  end: () => Promise<void>,
): Promise<BlackBox> {
  const ask: BlackBox["ask"] = async (method, path, request = {}) => {
    const { body, rawBody = body === undefined ? undefined : JSON.stringify(body) } = request;
    const { query, headers, as = keys.first } = request;
    const search = query ? `?${new URLSearchParams(asText(query)).toString()}` : "";
    const response = await fetch(`${url}${path}${search}`, {
      method,
      headers: {
        ...(as !== null && { authorization: `Bearer ${as}` }),
        ...(rawBody !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(rawBody !== undefined && { body: rawBody }),
      redirect: "manual",
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    // Without a type of its own an empty answer is given this one.
    const parsed: unknown = isJson && text !== "" ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, body: parsed };
  };

  const reference = await ask("GET", "/v1/openapi.json", { as: null });
  if (reference.status !== 200) {
    throw new Error(`${url} serves no reference: ${reference.status} ${reference.text}`);
  }
  const operations = addressesIn(reference.body);
  const called = new Set<string>(["getOpenapiDocument"]);
  return {
    url,
    keys,
    clock,
    isNear: /^(127\.0\.0\.1|localhost)$/.test(new URL(url).hostname),
    platforms,
    ask,
    called,
    operations: [...operations.keys()],
    close: async () => {
      await end();
      for (const fake of Object.values(platforms ?? {})) await fake.close();
    },
    call: async (operationId, request = {}) => {
      const address = operations.get(operationId);
      if (!address) throw new Error(`The reference has no operation ${operationId}.`);
      called.add(operationId);
      const path = address.path.replace(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(request.params?.[name] ?? ""),
      );
      const answer = await ask(address.method, path, request);
      const headers = Object.fromEntries(answer.headers);
      const problems = await problemsOfAnswer(operationId, { ...answer, headers });
      if (problems.length > 0) {
        throw new Error(`${problems.join("\n")}\n${answer.status} ${answer.text}`);
      }
      return answer;
    },
  };
}

const asText = (values: NonNullable<BoxRequest["query"]>) =>
  Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]);

/** Where the operations of a served document are, by their ids. */
function addressesIn(document: Json): ReadonlyMap<string, { method: string; path: string }> {
  // The reference's own form; a contract test checks it.
  const { servers, paths } = document as {
    servers: [{ url: string }];
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [
        operationId,
        { method: method.toUpperCase(), path: `${servers[0].url}${path}` },
      ]),
    ),
  );
}
