/** One event of a `text/event-stream`. */
export interface ServerEvent {
  /** `message` when the server does not say. */
  readonly event: string;
  readonly data: string;
}

/** Reads a `text/event-stream` as it comes. */
export interface ServerEventReader {
  readonly push: (chunk: Uint8Array) => void;
  /** Gives out the last event, though the blank line behind it is missing. */
  readonly end: () => void;
  /** Forgets an event of which only the beginning has come, with its id. */
  readonly drop: () => void;
  /** The id of the last event that had one. */
  readonly lastId: () => string | undefined;
  /** How long the server asks to wait before it is asked to go on. */
  readonly retryMs: () => number | undefined;
}

/** Makes a reader after https://html.spec.whatwg.org/#parsing-an-event-stream. */
export function createServerEventReader(onEvent: (event: ServerEvent) => void): ServerEventReader {
  const decoder = new TextDecoder();
  // The pieces of a line that has not ended: joined once, however small they are.
  let pieces: string[] = [];
  let afterReturn = false;
  let event = "";
  let data: string[] = [];
  let id: string | undefined;
  let lastId: string | undefined;
  let retry: number | undefined;

  const dispatch = () => {
    lastId = id;
    if (data.length > 0 || event !== "") {
      onEvent({ event: event || "message", data: data.join("\n") });
    }
    event = "";
    data = [];
  };
  const readLine = (line: string) => {
    if (line === "") return dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const rest = colon === -1 ? "" : line.slice(colon + 1);
    const value = rest.startsWith(" ") ? rest.slice(1) : rest;
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && value !== "" && !value.includes("\0")) id = value;
    else if (field === "retry" && /^\d{1,9}$/.test(value)) retry = Number(value);
  };
  const endLine = () => {
    const line = pieces.join("");
    pieces = [];
    readLine(line);
  };

  return {
    push: (chunk) => {
      let text = decoder.decode(chunk, { stream: true });
      if (text === "") return;
      // The second half of a line's end.
      if (afterReturn && text.startsWith("\n")) text = text.slice(1);
      afterReturn = text.endsWith("\r");
      const [first = "", ...lines] = text.split(/\r\n|\n|\r/);
      pieces.push(first);
      for (const line of lines) {
        endLine();
        pieces.push(line);
      }
    },
    end: () => {
      if (pieces.length > 0) endLine();
      dispatch();
    },
    drop: () => {
      pieces = [];
      event = "";
      data = [];
      id = lastId;
    },
    lastId: () => lastId,
    retryMs: () => retry,
  };
}
