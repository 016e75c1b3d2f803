import { hash } from "node:crypto";
import { AwsError } from "../aws-error.ts";
import type { Database } from "../database.ts";
import type { Input } from "../wire.ts";

const tokenMs = 600_000;
/** So many of this process are remembered at most: those of many seconds, and a repeat comes within three. */
const maxHere = 20_000;

interface Use {
  readonly request: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/**
 * The client tokens of transactions that were made in the last ten minutes. A caller in this process ends with it, so what
 * it alone would repeat is remembered in memory; others' tokens are written with their transactions.
 */
export class ClientTokens {
  readonly #database: Database;
  readonly #clock: () => number;
  readonly #here = new Map<string, Use>();
  /** Of this turn, until its commit. */
  readonly #pending = new Map<string, Use>();
  /** Unix milliseconds after which no token counts that is written; undefined when that must be looked up. */
  #storedUntil: number | undefined;

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#clock = clock;
  }

  /** False when the token has been used for the same request; throws when it has been used for another. */
  isFirstUse(token: string, input: Input): boolean {
    const use = this.#pending.get(token) ?? this.#here.get(token) ?? this.#stored(token);
    if (use === undefined || use.expiresAt <= this.#clock()) return true;
    if (use.request === fingerprint(input)) return false;
    throw new AwsError(
      "IdempotentParameterMismatchException",
      "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical",
    );
  }

  /** Remembers the token of a transaction that is being made. */
  remember(token: string, input: Input, callerIsHere: boolean): void {
    const now = this.#clock();
    const use = { request: fingerprint(input), expiresAt: now + tokenMs };
    if (callerIsHere) {
      this.#pending.set(token, use);
      return;
    }
    // A few of the outdated go with each new one, so that none need sweeping.
    this.#database
      .prepare(
        "DELETE FROM client_tokens WHERE token IN (SELECT token FROM client_tokens WHERE expires_at <= ? LIMIT 3)",
      )
      .run(now);
    this.#database
      .prepare("INSERT OR REPLACE INTO client_tokens (token, request, expires_at) VALUES (?, ?, ?)")
      .run(token, use.request, use.expiresAt);
    this.forget();
  }

  /** The transactions of this turn have been made. */
  committed(): void {
    if (this.#pending.size === 0) return;
    for (const [token, use] of this.#pending) {
      this.#here.delete(token);
      this.#here.set(token, use);
    }
    this.#pending.clear();
    const now = this.#clock();
    for (const [token, { expiresAt }] of this.#here) {
      if (this.#here.size <= maxHere && expiresAt > now) break;
      this.#here.delete(token);
    }
  }

  /** The transactions of this turn have not been made. */
  undone(): void {
    this.#pending.clear();
  }

  /** Another process may have written tokens. */
  forget(): void {
    this.#storedUntil = undefined;
  }

  #stored(token: string): Use | undefined {
    this.#storedUntil ??=
      this.#database
        .prepare<[number | null]>("SELECT max(expires_at) FROM client_tokens")
        .get()?.[0] ?? 0;
    if (this.#storedUntil <= this.#clock()) return undefined;
    const row = this.#database
      .prepare<[request: string, expires_at: number]>(
        "SELECT request, expires_at FROM client_tokens WHERE token = ?",
      )
      .get(token);
    return row && { request: row[0], expiresAt: row[1] };
  }
}

/** What a part of a transaction may have, in one order: the SDK's requests have another than its commands. */
const members = [
  "TableName",
  "Key",
  "Item",
  "UpdateExpression",
  "ConditionExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "ReturnValuesOnConditionCheckFailure",
];

/** Of the parts of a transaction. */
function fingerprint({ TransactItems }: Input): string {
  const parts: unknown[] = [];
  // They were read before.
  for (const part of TransactItems as readonly Readonly<Record<string, Input>>[]) {
    for (const kind in part) {
      parts.push(kind);
      for (const member of members) parts.push(part[kind]?.[member]);
    }
  }
  return hash("sha1", JSON.stringify(parts), "base64");
}
