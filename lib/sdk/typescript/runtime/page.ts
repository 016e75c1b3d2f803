import type { PageMeta } from "./types.ts";

/** One page of a list. */
export class Page<Row> implements AsyncIterable<Row> {
  declare readonly data: readonly Row[];
  declare readonly meta: PageMeta;
  readonly #next: (cursor: string) => Promise<Page<Row>>;

  /** @internal */
  constructor(
    body: { data: readonly Row[]; meta: PageMeta },
    next: (cursor: string) => Promise<Page<Row>>,
  ) {
    this.data = body.data;
    this.meta = body.meta;
    this.#next = next;
  }

  hasNextPage(): boolean {
    return !!this.meta.next_cursor;
  }

  /** Throws when there is none: ask `hasNextPage` first. */
  async getNextPage(): Promise<Page<Row>> {
    const cursor = this.meta.next_cursor;
    if (!cursor) throw new RangeError("This is the last page.");
    return this.#next(cursor);
  }

  /** The rows of this page and of all that follow. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined> {
    // One after the other, so that a page that was read is let go. A generator has no arrow function for `this`.
    // oxlint-disable-next-line typescript/no-this-alias
    for (let page: Page<Row> = this; ; page = await page.getNextPage()) {
      yield* page.data;
      if (!page.hasNextPage()) return;
    }
  }
}

/** An answer beside the HTTP response that it came in, whose body has been read. */
export interface WithResponse<T> {
  readonly data: T;
  readonly response: Response;
  readonly request_id: string | undefined;
}

/** What a call gives: await it. */
export class ApiPromise<T> extends Promise<T> {
  #whole: Promise<WithResponse<T>> | undefined;

  // What is chained to it is a plain promise.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal Of this class or one that extends it. */
  static from<T, P extends ApiPromise<T>>(
    this: new (run: (done: (value: PromiseLike<T>) => void) => void) => P,
    whole: Promise<WithResponse<T>>,
  ): P {
    const promise = new this((done) => done(whole.then(({ data }) => data)));
    promise.#whole = whole;
    return promise;
  }

  /** The answer beside its HTTP response. */
  async withResponse(): Promise<WithResponse<T>> {
    // Always there: `from` makes these.
    return this.#whole as Promise<WithResponse<T>>;
  }
}

/** What a list gives: await it for its first page, or iterate over it for every row of all pages. */
export class PagePromise<Row> extends ApiPromise<Page<Row>> implements AsyncIterable<Row> {
  async *[Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined> {
    yield* await this;
  }

  /** All rows, `limit` of them at most: lists may be long. */
  async toArray({ limit }: { limit: number }): Promise<Row[]> {
    const rows: Row[] = [];
    if (limit <= 0) return rows;
    for await (const row of this) {
      if (rows.push(row) >= limit) break;
    }
    return rows;
  }
}
