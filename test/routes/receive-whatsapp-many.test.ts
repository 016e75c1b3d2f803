import { describe, expect, it } from "@jest/globals";
import { withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";
import { useWhatsApp } from "#test/support/whatsapp-channel";
import { openWhatsAppChat, type WhatsAppChat } from "#test/support/whatsapp-chat";
import { call, change, letter } from "../fixtures/whatsapp/calls.ts";

const platform = usePlatform();
const whatsapp = useWhatsApp();

/** A call in which so many people say so many things each, in turns. */
const manySay = (people: number, times: number) =>
  call(
    change({
      messages: Array.from({ length: people * times }, (_, at) => ({
        ...letter("text", { text: { body: `Number ${Math.floor(at / people)}` } }),
        id: `wamid.${at}`,
        from_user_id: undefined,
        from: `1650555${1_000 + (at % people)}`,
        timestamp: String(Math.floor(platform.clock() / 1_000)),
      })),
    }),
  );

/** What was kept of each person, in its order. */
async function kept(chat: WhatsAppChat): Promise<string[][]> {
  const said: string[][] = [];
  for (const { id } of await chat.conversations()) {
    const request = { as: chat.key, params: { id }, query: { per_page: 100 } };
    const { body } = await platform.call("listMessages", request);
    const ofUser = body.data.filter(({ role }: { role: string }) => role === "user");
    said.push(ofUser.map(({ content }: { content: string }) => content));
  }
  return said;
}
const inOrder = (times: number) => Array.from({ length: times }, (_, at) => `Number ${at}`);

describe("A call of WhatsApp that brings many messages", () => {
  it("has each kept once, and those of one person in their order", async () => {
    const chat = await openWhatsAppChat(platform, whatsapp.fake);
    const body = manySay(12, 5);
    for (let times = 0; times < 2; times++) expect((await chat.tell(body)).status).toBe(200);
    expect(await kept(chat)).toEqual(Array(12).fill(inOrder(5)));
  });

  it("is answered before its time is over, and comes again for what was not kept by then", async () => {
    const chat = await openWhatsAppChat(platform, whatsapp.fake);
    const body = manySay(4, 10);
    let calls = 0;
    platform.faults = () => {
      if (++calls === 60) platform.advance(29_000);
      return undefined;
    };
    const { result } = await withLog(() => chat.tell(body));
    platform.faults = undefined;
    expect([result.status, result.headers["retry-after"]]).toEqual([503, "1"]);
    const before = (await kept(chat)).flat().length;
    expect(before).toBeGreaterThan(3);
    expect(before).toBeLessThan(40);
    expect((await chat.tell(body)).status).toBe(200);
    expect(await kept(chat)).toEqual(Array(4).fill(inOrder(10)));
  });
});
