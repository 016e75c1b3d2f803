import { createHmac } from "node:crypto";
import { handle } from "#functions/hooks/whatsapp/handler";
import { verifyHook } from "#shared/channels/verify-hook";
import { ApiError } from "#shared/errors/api-error";
import type { OutboundRequest } from "#shared/outbound/safe-fetch";
import { baseUrlOf } from "#shared/platforms/catalogue";
import { inbound } from "#shared/platforms/whatsapp/inbound";
import { type Fields, fieldsOf, jsonIn, textIn } from "#shared/schema/json-fields";
import type { TeamSecrets } from "#shared/secrets/team-secrets";
import { textOf } from "../conversations/said.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import {
  type Asked,
  bytesOf,
  type Does,
  type HookCall,
  persistent,
  type Refusal,
  type SendCall,
  Server,
  type Telling,
  textOfBody,
} from "./server.ts";
import { group, planned } from "./story.ts";

const app_secret = "0123456789abcdef0123456789abcdef";
const phone_number_id = "106540352242922";
const waba_id = "102290129340398";
const appId = "670843887433847";
const ourNumber = "15550783881";
const groupId = "group-1";
const media = "https://lookaside.fbsbx.com/";

/** That a message was told not to have arrived. */
export interface ToldFailed {
  readonly id: string;
  /** When the hook took it; unix milliseconds. */
  takenAt: number | undefined;
}

/** Plays WhatsApp. */
export class WhatsApp extends Server {
  readonly name = "whatsapp";
  readonly insistence = persistent;
  override readonly isBatching = true;
  override readonly hasPlain = false;
  readonly failed: ToldFailed[] = [];
  /** When each message was told of first. */
  readonly #times = new Map<number, number>();
  #taken = 0;

  credentials = () => ({
    access_token: `EAAB-a-token-that-is-good-${this.tokens}`,
    phone_number_id,
    waba_id,
    app_secret,
  });
  /** The number, and the id that is made for the business. */
  idsOf = (user: string): [string, string] => [`4366070${user}`, `AT.70${user}`];
  chatsOf = (chat: string): [string, ...string[]] =>
    chat === group ? [groupId] : this.idsOf(chat);
  messageId = (index: number) => `wamid.in.${index}`;
  protected idOf = (count: number) => `wamid.out.${count}`;
  protected refusal = (does: Does) => refusals[does];

  telling({ update: { user, chat, mentions, file, as }, index }: Telling): object {
    const at = this.#times.get(index) ?? this.world.agenda.now;
    this.#times.set(index, at);
    const [number, scoped] = this.idsOf(user);
    const ids = {
      ...(as !== "scoped" && { from: number }),
      ...(as !== "number" && { from_user_id: scoped }),
    };
    const id = this.messageId(index);
    const words = textOf(index);
    const picture = { id: String(9_000 + index), mime_type: "image/jpeg", caption: words };
    return {
      id,
      ...ids,
      timestamp: String(Math.floor(at / 1_000)),
      ...(chat === group && { group_id: groupId }),
      ...(chat === group && mentions && { context: { id: "wamid.of.ours", from: ourNumber } }),
      ...(file ? { type: "image", image: picture } : { type: "text", text: { body: words } }),
    };
  }

  override envelope(messages: readonly object[]): object {
    const contacts = messages.map(fieldsOf).map(({ from, from_user_id: user_id }) => ({
      ...(from !== undefined && { wa_id: from }),
      ...(user_id !== undefined && { user_id }),
      profile: { name: "Somebody" },
    }));
    return call({ messages, contacts });
  }

  async receive(process: SimulatedProcess, secrets: TeamSecrets, given: HookCall) {
    const digest = createHmac("sha256", app_secret).update(given.raw).digest("hex");
    const read = { ...given, headers: { "x-hub-signature-256": `sha256=${digest}` } };
    const { table, clock } = process;
    const sender = await verifyHook({ table, clock, secrets }, "whatsapp", inbound)(read);
    if (!sender) throw new ApiError("invalid_signature", "The signature is missing or wrong.");
    return handle(process)({ ...read, sender });
  }

  protected isQuoted: Server["isQuoted"] = ({ quotes }, { id, isFirst }) =>
    quotes === (isFirst ? id : undefined);

  /** Tells what became of a message, each as its time comes. */
  protected override took({ id, tag }: SendCall): void {
    const { tells } = planned(this.story.fates, this.#taken++);
    for (const { status, afterMs } of tells) {
      const errors = [{ code: 131_026, title: "Message undeliverable" }];
      const said = { id, status, biz_opaque_callback_data: tag };
      this.world.agenda.in(afterMs, async () => {
        const told: ToldFailed = { id: id ?? "", takenAt: undefined };
        if (status === "failed") this.failed.push(told);
        const statuses = [{ ...said, ...(status === "failed" && { errors }) }];
        if (await this.tell(call({ statuses }))) told.takenAt = this.world.agenda.now;
      });
    }
  }

  protected read(url: string, request: OutboundRequest): Asked {
    const { authorization } = request.headers;
    const { access_token } = this.credentials();
    const isDead = ![access_token, `${appId}|${app_secret}`].some(
      (token) => authorization === `Bearer ${token}`,
    );
    if (url.startsWith(media)) {
      const perform = () => bytesOf(Number(url.slice(media.length)));
      return { kind: "fetches", isDead, isFile: true, perform };
    }
    const base = baseUrlOf("whatsapp");
    if (!url.startsWith(`${base}/`)) throw new Error(`Nobody is at ${url}.`);
    const path = new URL(url).pathname.slice(new URL(base).pathname.length + 1);
    const params = fieldsOf(jsonIn(Buffer.from(textOfBody(request) || "{}")));
    if (path === `${phone_number_id}/messages`) return { isDead, ...send(params) };
    if (/^9\d{3}$/.test(path)) {
      const perform = () => ({ url: `${media}${Number(path) - 9_000}`, mime_type: "image/jpeg" });
      return { kind: "fetches", isDead, perform };
    }
    const perform = () => this.#set(`${request.method} ${path}`, params);
    return { kind: "settings", isDead, perform };
  }

  #set(what: string, params: Fields): unknown {
    switch (what) {
      case `GET ${phone_number_id}`:
        return {
          display_phone_number: `+${ourNumber}`,
          verified_name: "Ours",
          webhook_configuration: this.hook_url ? { phone_number: this.hook_url } : {},
        };
      case `POST ${phone_number_id}`: {
        const { override_callback_uri } = fieldsOf(params["webhook_configuration"]);
        this.hook_url = textIn(override_callback_uri) ?? "";
        return { success: true };
      }
      case "GET app":
        return { id: appId };
      case `GET ${waba_id}/subscribed_apps`:
        return { data: [{ whatsapp_business_api_data: { id: appId } }] };
      case `GET ${waba_id}/phone_numbers`:
        return { data: [{ id: phone_number_id }] };
      case `GET ${appId}/subscriptions`: {
        const fields = [{ name: "messages" }];
        return { data: [{ object: "whatsapp_business_account", active: true, fields }] };
      }
      case "GET debug_token":
        return { data: {} };
      default:
        throw new Error(`WhatsApp is asked for ${what}.`);
    }
  }
}

/** What a call wants that sends a message, or shows that one is made. */
function send(params: Fields): Asked {
  if (params["typing_indicator"] !== undefined) {
    return { kind: "signs", perform: () => ({ success: true }) };
  }
  const { text, biz_opaque_callback_data: tag } = params;
  const files = ["image", "document", "audio", "video"].map((kind) => fieldsOf(params[kind]));
  const link = files.flatMap((file) => textIn(file["link"]) ?? [])[0];
  const chat = String(params["to"] ?? params["recipient"]);
  const quotes = textIn(fieldsOf(params["context"])["message_id"]);
  const said = link ?? textIn(fieldsOf(text)["body"]) ?? "";
  return {
    kind: "sends",
    // Nobody is at a scoped id in the place of a number.
    instead: textIn(params["to"])?.startsWith("AT.") ? "stranger" : undefined,
    message: { chat, quotes, said, tag: textIn(tag) },
    perform: (id) => ({ messages: [{ id }] }),
  };
}

const call = (value: object) => ({
  object: "whatsapp_business_account",
  entry: [
    {
      id: waba_id,
      changes: [
        {
          field: "messages",
          value: {
            messaging_product: "whatsapp",
            metadata: { phone_number_id, display_phone_number: ourNumber },
            ...value,
          },
        },
      ],
    },
  ],
});

const refusalOf = (status: number, code: number, message: string): Refusal => ({
  status,
  body: { error: { code, message } },
});
const badGateway: Refusal = { status: 502, body: "Bad Gateway" };

const refusals: Readonly<Partial<Record<Does, Refusal>>> = {
  unauthorized: refusalOf(401, 190, "Error validating access token"),
  busy: refusalOf(400, 131_056, "Pair rate limit hit"),
  error: badGateway,
  deaf: badGateway,
  error_after: refusalOf(500, 131_000, "Something went wrong"),
  refused: refusalOf(400, 131_009, "Parameter value is not valid"),
  stranger: refusalOf(400, 131_026, "Message undeliverable"),
  blocked: refusalOf(400, 131_047, "Re-engagement message"),
};
