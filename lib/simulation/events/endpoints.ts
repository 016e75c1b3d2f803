import { createHash } from "node:crypto";
import type { OutboundRequest, SafeFetch } from "#shared/outbound/safe-fetch";
import { signatureHeaders, signingSecret } from "#shared/outbound/webhook-signature";
import { isoTime } from "#shared/runtime/clock";
import { type Id, idFrom } from "#shared/runtime/ids";
import { pauseFor, systemTimer } from "#shared/runtime/timers";
import { afterRotation } from "#shared/secrets/signing-secrets";
import type { TeamSecrets } from "#shared/secrets/team-secrets";
import { equals } from "#shared/table/condition";
import { keys } from "#shared/table/keys";
import type { Table } from "#shared/table/table";
import { type StoredWebhook, webhookSecretPlace } from "#shared/webhooks/webhook";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { TurnedAwayError } from "#shared/work/pace";
import { type Served, simulatedFetch } from "../simulated-fetch.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { type World, worldStart } from "../world.ts";
import type { PlannedChange, PlannedEndpoint, PlannedReceipt } from "./story.ts";

/** A call as a receiver saw it. */
export interface Received {
  /** The `webhook-id`. */
  readonly id: string;
  readonly body: string;
  readonly at: number;
  readonly does: PlannedReceipt["does"];
  readonly isSigned: boolean;
  /** Whether its attempt was turned away, and then made again. */
  readonly isBrokenOff: () => boolean;
  /** Whether the caller heard that it was taken. What comes too late is heard by who stood still meanwhile. */
  isHeard: boolean;
}

/** A change as its team knows it: asked for at a time, and surely done at another; unix milliseconds. */
export interface Changed {
  readonly does: PlannedChange["does"];
  readonly from: number;
  until: number;
}

/** An endpoint with its receiver. */
export interface Endpoint {
  readonly id: Id<"wh">;
  readonly plan: PlannedEndpoint;
  readonly received: Received[];
  readonly changed: Changed[];
}

interface Team {
  readonly id: Id<"team">;
  readonly secrets: (process: SimulatedProcess) => TeamSecrets;
}

/** The endpoints of a team: their receivers do what the story says and remember everything. */
export class Endpoints {
  readonly all: Endpoint[] = [];
  readonly #world: World;
  readonly #team: Team;
  readonly #secrets = new Map<Id<"wh">, string[]>();

  constructor(world: World, team: Team) {
    this.#world = world;
    this.#team = team;
  }

  /** Puts an endpoint, as if it had been there for long. */
  async add(plan: PlannedEndpoint): Promise<Endpoint> {
    const { draws } = this.#world.options;
    const setUp = this.#world.setUp();
    const id = idFrom("wh", worldStart, draws.bytes());
    const secret = signingSecret(draws.bytes());
    const at = isoTime(worldStart);
    const webhook: StoredWebhook = {
      id,
      url: this.#urlOf(this.all.length, 0),
      events: [...plan.events],
      description: null,
      status: "active",
      disabled_reason: null,
      signing_secret: await this.#seal(setUp, id, secret),
      version: 1,
      created_at: at,
      updated_at: at,
    };
    await setUp.table.putIfAbsent({ ...webhook, ...keys.webhook(this.#team.id, id) });
    const endpoint = { id, plan, received: [], changed: [] };
    this.all.push(endpoint);
    this.#secrets.set(id, [secret]);
    return endpoint;
  }

  /** Has their team change them as the story says. */
  begin(): void {
    for (const endpoint of this.all) void this.#changeAll(endpoint);
  }

  /** Plays the receivers for a process. */
  fetch(process: SimulatedProcess): SafeFetch {
    return simulatedFetch(process, "receiver", (url, request) => this.#serve(url, request));
  }

  #urlOf(index: number, moves: number): string {
    return `https://receiver.example/${this.#team.id}/${index}/${moves}`;
  }

  #seal(process: SimulatedProcess, id: Id<"wh">, secret: string) {
    const secrets = this.#team.secrets(process);
    return secrets.seal(this.#team.id, webhookSecretPlace(id), secret);
  }

  #serve(url: string, request: OutboundRequest): Served {
    const endpoint = this.all[Number(url.split("/").at(-2))];
    if (!endpoint) throw new Error(`Nobody is at ${url}.`);
    const { receipts, downMs } = endpoint.plan;
    const { headers, body, timeout_ms, signal } = request;
    const at = this.#world.agenda.now;
    const count = endpoint.received.length;
    const planned = receipts[Math.min(count, receipts.length - 1)] ?? receipts[0];
    const { does, ms } = at - worldStart < downMs ? { does: "cut" as const, ms: 5 } : planned;
    const received: Received = {
      id: headers["webhook-id"] ?? "",
      body: String(body),
      at,
      does,
      isSigned: this.#isSigned(endpoint.id, request),
      isBrokenOff: () => signal?.reason instanceof TurnedAwayError,
      isHeard: false,
    };
    endpoint.received.push(received);
    const answer = served[does];
    return {
      ...answer,
      ms: does === "late" || does === "silence" ? timeout_ms + ms : ms,
      onHeard: () => {
        received.isHeard = answer.status === 200;
      },
    };
  }

  /** Whether every signature is one by a secret that it has, or once had. */
  #isSigned(id: Id<"wh">, { headers, body }: OutboundRequest): boolean {
    const known = (this.#secrets.get(id) ?? []).map((secret) => {
      const given = {
        id: headers["webhook-id"] ?? "",
        timestamp_seconds: Number(headers["webhook-timestamp"]),
        body: body ?? "",
      };
      return signatureHeaders({ ...given, secrets: [secret] })["webhook-signature"];
    });
    const signatures = (headers["webhook-signature"] ?? "").split(" ");
    return signatures.every((signature) => known.includes(signature));
  }

  async #changeAll(endpoint: Endpoint): Promise<void> {
    const { agenda } = this.#world;
    const planned = endpoint.plan.changes.toSorted((one, other) => one.atMs - other.atMs);
    for (const { atMs, does } of planned) {
      await pauseFor(systemTimer, worldStart + atMs - agenda.now);
      const changed: Changed = { does, from: agenda.now, until: Infinity };
      endpoint.changed.push(changed);
      const seed = this.#world.options.draws.bytes();
      await this.#world.client<unknown>(does, (process) =>
        this.#change(process, endpoint, does, seed),
      );
      changed.until = agenda.now;
    }
  }

  /** Changes an endpoint as its routes do: on the condition that nobody has changed it meanwhile. */
  async #change(
    process: SimulatedProcess,
    { id }: Endpoint,
    does: PlannedChange["does"],
    seed: Uint8Array,
  ): Promise<void> {
    const { table, clock } = process;
    const key = keys.webhook(this.#team.id, id);
    if (does === "delete") return void (await table.delete(key));
    for (;;) {
      const seen = await this.#find(table, id);
      const set = seen && (await this.#changesOf(process, seen, does, seed));
      if (!seen || !set) return;
      const all = { ...set, version: seen.version + 1, updated_at: isoTime(clock()) };
      const outcome = await table.update(key, { set: all }, equals("version", seen.version));
      if (outcome.applied) return;
    }
  }

  async #changesOf(
    process: SimulatedProcess,
    seen: StoredWebhook,
    does: Exclude<PlannedChange["does"], "delete">,
    seed: Uint8Array,
  ): Promise<Partial<StoredWebhook> | undefined> {
    switch (does) {
      case "disable":
        return { status: "disabled", disabled_reason: "by_request" };
      case "enable":
        return seen.status === "active" ? undefined : { status: "active", disabled_reason: null };
      case "move": {
        const [index = 0, moves = 0] = seen.url.split("/").slice(-2).map(Number);
        return { url: this.#urlOf(index, moves + 1) };
      }
      case "rotate": {
        const rotation_id = createHash("sha256").update(seed).digest("hex");
        // An earlier try of the same request has done it.
        if (seen.rotation_id === rotation_id) return undefined;
        const secret = signingSecret(seed);
        this.#secrets.get(seen.id)?.push(secret);
        return {
          rotation_id,
          signing_secret: await this.#seal(process, seen.id, secret),
          previous_secrets: afterRotation(seen, process.clock()),
        };
      }
    }
  }

  #find = (table: Table, id: Id<"wh">) => createWebhookStore(table).find(this.#team.id, id);
}

const served: Readonly<Record<PlannedReceipt["does"], Omit<Served, "ms">>> = {
  ok: { status: 200, text: "ok" },
  late: { status: 200, text: "ok" },
  silence: { status: 200, text: "" },
  error: { status: 500, text: "No." },
  busy: { status: 429, headers: { "retry-after": "30" }, text: "" },
  redirect: { status: 302, headers: { location: "https://elsewhere.example/" }, text: "" },
  gone: { status: 410, text: "" },
  cut: { status: undefined, text: "" },
};
