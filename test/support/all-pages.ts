import type { TestAnswer, TestPlatform } from "./test-platform.ts";

/** All rows of a list, read page by page with the cursor. */
export async function allPages(
  platform: TestPlatform,
  operationId: string,
  request: {
    readonly as: string;
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string | number | boolean>>;
  },
  betweenPages: (page: number) => Promise<unknown> = async () => {},
): Promise<TestAnswer["body"][]> {
  const rows: TestAnswer["body"][] = [];
  let cursor: string | null | undefined;
  for (let page = 1; cursor !== null; page++) {
    const query = { ...request.query, ...(cursor !== undefined && { cursor }) };
    const { status, body, text } = await platform.call(operationId, { ...request, query });
    if (status !== 200) throw new Error(text);
    rows.push(...body.data);
    cursor = body.meta.next_cursor;
    if (cursor !== null) await betweenPages(page);
  }
  return rows;
}
