import { ids, token as knownToken } from "../fixtures/discord/interactions.ts";
import {
  bodyOf,
  type DiscordCall,
  discordCalls,
  type Fields,
  publicKey,
  type SentFile,
} from "./discord-call.ts";
import { type Answer, type BackendRequest, startFakeBackend } from "./fake-backend.ts";
import type { FakePlatform, PlatformCallMade } from "./platform-case.ts";

/** An error of the API. */
interface DiscordError {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly code?: number;
  readonly [field: string]: unknown;
}

/** An application on 127.0.0.1: strict in what it takes, and as bad as it is told to be. */
export interface FakeDiscord extends FakePlatform {
  /** Messages, by which way they came. */
  readonly sent: { name: string; path: string; fields: Fields; file?: SentFile; id: string }[];
  /** What is known of it to its owner. */
  readonly application: Application["application"];
  readonly commands: Application["commands"];
  /** How Discord tries an address before it takes it; every one of https is good unless this says otherwise. */
  tries?: (url: string, verify_key: unknown) => Promise<boolean>;
  /** Resolves when that many calls have come since the start. */
  received(count: number): Promise<void>;
  /** Another application, whose bot has this token. */
  addApp(token: string, id: string, verify_key: string): Application;
  /** Tokens of commands that can be answered, and how many messages each has. */
  readonly tokens: Map<string, number>;
  /** Those of them whose sign that the bot is thinking was taken back. */
  readonly taken_back: Set<string>;
  /** Headers that the next answer to this call has. */
  limit(name: string, headers: Readonly<Record<string, string>>): void;
  /** Gives the next call of this name that error. */
  refuse(name: string, error: DiscordError): void;
  /** Files to be fetched, by the last part of their path. */
  readonly files: Map<string, { bytes: Uint8Array; type: string }>;
}

interface Application {
  readonly application: Record<string, unknown>;
  readonly commands: Record<string, unknown>[];
}

/** Starts an application that knows one bot, on a free port unless told. */
export async function startFakeDiscord(botToken: string, at = 0): Promise<FakeDiscord> {
  const backend = await startFakeBackend(undefined, at);
  const refusals: { name: string; error: DiscordError }[] = [];
  const limits: { name: string; headers: Readonly<Record<string, string>> }[] = [];
  const misbehaviour: Answer[] = [];
  const made: PlatformCallMade[] = [];
  let ends = 0;
  const fake: FakeDiscord = {
    url: `${backend.url}/api/v10`,
    calls: made,
    mistakes: [],
    sent: [],
    files: new Map(),
    commands: [],
    tokens: new Map([[knownToken, 0]]),
    taken_back: new Set(),
    application: applicationOf(ids.application, ids.bot, publicKey),
    addApp: (token, id, verify_key) => {
      const app = { application: applicationOf(id, id, verify_key), commands: [] };
      apps.set(token, app);
      return app;
    },
    limit: (name, headers) => void limits.push({ name, headers }),
    refuse: (name, error) => void refusals.push({ name, error }),
    misbehave: (answer) => void misbehaviour.push(answer),
    received: (count) => backend.received(count),
    close: () => backend.close(),
  };

  const apps = new Map<string, Application>([[botToken, fake]]);

  backend.answer(async (request, response, alive) => {
    const bad = misbehaviour.shift();
    if (bad) return bad(request, response, alive);
    const [, file] = /^\/attachments\/([^/?]+)/.exec(request.path) ?? [];
    if (file !== undefined) {
      const found = fake.files.get(file);
      if (request.headers.authorization) fake.mistakes.push("a file is fetched with a token");
      checkName(request);
      response.writeHead(found ? 200 : 404, { "content-type": found?.type ?? "text/plain" });
      return void response.end(found?.bytes);
    }
    const path = request.path.replace(/^\/api\/v10/, "");
    const call = discordCalls.find(
      (one) => one.name.startsWith(request.method) && one.path.test(path),
    );
    const name = call?.name ?? `${request.method} ${path}`;
    const { fields, file: given } = bodyOf(request);
    const app = apps.get(request.headers.authorization?.replace(/^Bot /, "") ?? "");
    const url = fields["interactions_endpoint_url"];
    const isTried = app !== undefined && typeof url === "string" && fake.tries !== undefined;
    const isGood = !isTried || (await fake.tries?.(url, app.application["verify_key"]));
    const error =
      taken(refusals, name)?.error ??
      (call ? check(call, request, path, fields, given, app) : unknown) ??
      (isGood ? undefined : badEndpoint);
    made.push({ name, params: error ? {} : fields });
    const [status, said] = error
      ? [error.status, errorBody(error)]
      : perform(name, path, fields, given, app ?? fake);
    const headers = { ...error?.headers, ...taken(limits, name)?.headers };
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(said === undefined ? undefined : JSON.stringify(said));
  });

  function checkName({ headers }: BackendRequest): boolean {
    const isNamed = /^DiscordBot \(\S+, \d+(\.\d+)*\)/.test(headers["user-agent"] ?? "");
    if (!isNamed) fake.mistakes.push("a call does not say who makes it");
    return isNamed;
  }

  /** What Discord would answer a call that is wrong; what only we hold ourselves to is written down as a mistake. */
  function check(
    { name, by, fields: known = [] }: DiscordCall,
    request: BackendRequest,
    path: string,
    fields: Fields,
    file: SentFile | undefined,
    app: Application | undefined,
  ): DiscordError | undefined {
    if (!checkName(request)) return blocked;
    const { authorization } = request.headers;
    if (by === "command" && authorization !== undefined) {
      fake.mistakes.push(`${name} has the token of the bot`);
    }
    if (by === "bot" && !app) return unauthorized;
    for (const field of Object.keys(fields)) {
      if (!known.includes(field)) fake.mistakes.push(`${name} is given ${field}`);
    }
    if (request.body.includes(botToken)) fake.mistakes.push(`${name} has the token in its body`);
    const [, id, given = ""] = discordCalls.find((one) => one.name === name)?.path.exec(path) ?? [];
    if (path.startsWith("/applications/1") && id !== app?.application["id"]) {
      return { status: 403, code: 20_012, message: "You are not authorized" };
    }
    if (name === "PATCH application") {
      const url = fields["interactions_endpoint_url"];
      return url === null || (typeof url === "string" && url.startsWith("https:"))
        ? undefined
        : badEndpoint;
    }
    if (name === "POST command") return checkCommand(fields);
    if (name === "DELETE command" && !app?.commands.some((one) => one["id"] === given)) {
      return { status: 404, code: 10_063, message: "Unknown application command" };
    }
    if (by === "command") {
      const of = decodeURIComponent(given);
      const count = fake.tokens.get(of);
      if (id !== ids.application || count === undefined) {
        return { status: 404, code: 10_015, message: "Unknown Webhook" };
      }
      if (name === "POST follow-up" && count === 0) {
        fake.mistakes.push("a follow-up comes before the answer that Discord waits for");
      }
      if (name === "DELETE original" && count > 0) fake.mistakes.push("an answer is taken back");
      if (name.endsWith("original") && fake.taken_back.has(of)) {
        return { status: 404, code: 10_008, message: "Unknown Message" };
      }
    }
    return known.includes("content") ? checkMessage(name, fields, file) : undefined;
  }

  function checkCommand({ name, description, options, contexts }: Fields) {
    const isNamed = /^[-_'\p{L}\p{N}]{1,32}$/u.test(String(name));
    const given = Array.isArray(options) ? options.map(Object) : [];
    const isDescribed = [{ description }, ...given].every(({ description: words }) =>
      /^.{1,100}$/.test(String(words)),
    );
    const required = given.map((option) => option["required"] === true);
    const isSorted = required.lastIndexOf(true) < (required.indexOf(false) + 1 || 99);
    if (!Array.isArray(contexts)) fake.mistakes.push("a command is not for all places");
    return isNamed && isDescribed && isSorted ? undefined : badForm;
  }

  function checkMessage(name: string, fields: Fields, file: SentFile | undefined) {
    const { content, allowed_mentions, flags, attachments, nonce, enforce_nonce } = fields;
    if (JSON.stringify(allowed_mentions) !== '{"parse":[]}' || flags !== 4) {
      fake.mistakes.push("a message may call somebody, or embeds its links");
    }
    if (name === "POST message") {
      const isNonce = typeof nonce === "string" && nonce.length <= 25 && enforce_nonce === true;
      if (!isNonce) fake.mistakes.push("a message in a channel could come twice");
    }
    const listed = Array.isArray(attachments) ? attachments.map(Object) : [];
    if (listed.length !== (file ? 1 : 0) || listed.some(({ id }) => id !== 0)) {
      fake.mistakes.push("a message does not list its files");
    }
    if (file && file.bytes.length > 10_485_760) {
      return { status: 413, code: 40_005, message: "Request entity too large" };
    }
    if (file && content === undefined) return undefined;
    if (typeof content !== "string" || content.trim() === "") {
      return { status: 400, code: 50_006, message: "Cannot send an empty message" };
    }
    return content.length > 2_000 ? badForm : undefined;
  }

  function perform(
    name: string,
    path: string,
    fields: Fields,
    file: SentFile | undefined,
    { application, commands }: Application,
  ): [number, unknown] {
    switch (name) {
      case "GET application":
        return [200, application];
      case "PATCH application":
        return [200, Object.assign(application, fields)];
      case "GET commands":
        return [200, commands];
      case "DELETE command": {
        const place = commands.findIndex(({ id }) => path.endsWith(String(id)));
        commands.splice(place, 1);
        return [204, undefined];
      }
      case "DELETE original":
        fake.taken_back.add(decodeURIComponent(path.split("/")[3] ?? ""));
        return [204, undefined];
      case "POST command": {
        const isSame = (one: Fields) =>
          one["name"] === fields["name"] && one["type"] === fields["type"];
        const known = commands.find(isSame);
        if (known) return [200, Object.assign(known, fields)];
        const command = { ...fields, id: `16${commands.length}`, version: "1" };
        commands.push(command);
        return [201, command];
      }
      default: {
        const again = fake.sent.find(
          (one) => one.fields["nonce"] !== undefined && one.fields["nonce"] === fields["nonce"],
        );
        if (again) return [200, { id: again.id }];
        const edited =
          name === "PATCH original" ? fake.sent.find((one) => one.path === path) : undefined;
        const [, , token = ""] = /^\/webhooks\/(\d+)\/([^/]+)/.exec(path) ?? [];
        if (token && !edited) fake.tokens.set(token, (fake.tokens.get(token) ?? 0) + 1);
        ends += 1;
        const id = edited?.id ?? `18${ends}`;
        const message = { name, path, fields, id, ...(file && { file }) };
        if (edited) fake.sent.splice(fake.sent.indexOf(edited), 1, message);
        else fake.sent.push(message);
        return [200, { id, type: 0, content: fields["content"] ?? "" }];
      }
    }
  }

  return fake;
}

const applicationOf = (id: string, bot_id: string, verify_key: string) => ({
  id,
  name: "Our bot",
  verify_key,
  interactions_endpoint_url: null,
  bot: { id: bot_id, username: "ourbot", global_name: null, bot: true },
});

const unknown: DiscordError = { status: 404, code: 0, message: "404: Not Found" };
const blocked: DiscordError = { status: 403, code: 40_333, message: "internal network error" };
const unauthorized: DiscordError = { status: 401, code: 0, message: "401: Unauthorized" };
const badForm: DiscordError = { status: 400, code: 50_035, message: "Invalid Form Body" };
const badEndpoint: DiscordError = {
  ...badForm,
  errors: {
    interactions_endpoint_url: {
      _errors: [
        {
          code: "APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID",
          message: "The specified interactions endpoint URL could not be verified.",
        },
      ],
    },
  },
};

/** The first of this name, which then counts no more. */
function taken<T extends { readonly name: string }>(planned: T[], name: string): T | undefined {
  const place = planned.findIndex((one) => one.name === name);
  return place < 0 ? undefined : planned.splice(place, 1)[0];
}

/** What an error says beside its status; nothing of one that comes without a word. */
function errorBody(error: DiscordError): object | undefined {
  const said = Object.entries(error).filter(([name]) => name !== "status" && name !== "headers");
  return said.length === 0 ? undefined : Object.fromEntries(said);
}
