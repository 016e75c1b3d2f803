import type { Mutant } from "./proven.ts";

const of =
  (file: string) =>
  (killedBy: string, find: string, replace: string): Mutant => ({
    file: `chatbot_platform/${file}.py`,
    killedBy,
    find,
    replace,
  });
const [client, request, transport] = [of("sync/client"), of("request"), of("sync/transport")];
const [hooks, backend, waits] = [of("webhooks"), of("backend"), of("sync/waiting")];
const [aioTransport, aioWaits] = [of("aio/transport"), of("aio/waiting")];

/** One for each rule of the run-time of Python; what one source makes for both clients is mutated in one. */
export const mutants: readonly Mutant[] = [
  client("tries two times more", "max_retries: int = 2", "max_retries: int = 1"),
  client(
    "tries as often as the client or the call",
    'options.get("max_retries", settings.max_retries)',
    "settings.max_retries",
  ),
  client(
    "makes one resource under one key",
    "outcome = self._try(prepared, options)",
    "outcome = self._try(prepare(settings, method, path, query, body, is_public, options), options)",
  ),
  client(
    "takes a repeated DELETE",
    "may_have_acted = may_have_acted or not",
    "may_have_acted = may_have_acted and not",
  ),
  client("says that a DELETE finds nothing", "may_have_acted = False", "may_have_acted = True"),
  client("says that a DELETE finds nothing", "outcome.status >= 500", "outcome.status >= 400"),
  client("iterates over every row", '"page": None, "cursor": cursor', '"cursor": cursor'),
  client("tries again when no answer", "(httpx2.RequestError, OSError)", "OSError"),
  client("logs what it tries again", 'log("info", f"{what}', 'log("debug", f"{what}'),
  client("gives the response beside the value", "raw._is_raw = True", "raw._is_raw = False"),
  of("sync/page")("reads no page more", "if len(rows) >= limit:", "if len(rows) > limit:"),
  of("sync/page")("gives one page", "next_cursor is not None", "next_cursor is None"),
  transport("follows no redirect", "follow_redirects=False", "follow_redirects=True"),
  transport(
    "ends at once when the caller gives up",
    "                if stop is not None and stop.is_set():\n                    raise ApiAbortError(_ended) from None\n",
    "",
  ),
  transport(
    "ends at once when the caller gives up",
    "    if stop is not None and stop.is_set():\n        raise ApiAbortError(_ended)\n",
    "",
  ),
  request("tries again after 502", "{429, 500, 502, 503, 504}", "{429, 500, 503, 504}"),
  request("answers 404 with", "{429, 500, 502", "{404, 429, 500, 502"),
  request("tries again while the first", ' and error.code != "idempotency_in_progress"', ""),
  request("waits as long as Retry-After", "error.retry_after <= 60", "error.retry_after <= 61"),
  request(
    "waits as long as Retry-After",
    "float(error.retry_after) if",
    "0.5 * error.retry_after if",
  ),
  request("pauses for a random time", "min(8.0, 0.5 * 2.0**tries)", "0.5 * 2.0**tries"),
  request("pauses for a random time", "random.random() * min", "min"),
  request("gives each POST a key", 'if method == "POST":', 'if method == "PUT":'),
  request("keeps the key that the caller gives", 'options.get("idempotency_key") or ', ""),
  request(
    "tries again when no answer",
    "failed = ApiConnectionError(",
    "failed = ChatbotPlatformError(",
  ),
  request("gives a call that waits", "float(wait) + 10 if", "0.0 if"),
  request("writes any id into its place", 'value in ("", ".", "..")', 'value in ("",)'),
  request("writes any id into its place", 'quote(value, safe="")', "quote(value)"),
  request("asks any path of the API", 'if not path.startswith("/"):', "if not path:"),
  request(
    "sends more headers",
    '{**settings.headers, **options.get("extra_headers", {})}',
    '{**options.get("extra_headers", {}), **settings.headers}',
  ),
  request("takes its address with and without", 're.sub(r"/v1$", "", base.rstrip("/"))', "base"),
  request(
    "takes its settings from the environment",
    'base_url or _environment("BASE_URL") or',
    "base_url or",
  ),
  request("says that there is no key", "if not is_public and", "if"),
  request("follows no redirect", "if 300 <= status < 400:", "if status == 300:"),
  request(
    "ends with InternalServerError for 599",
    "if status >= 500 else ApiError",
    "if status >= 600 else ApiError",
  ),
  request(
    "sends null where null is given",
    "if not isinstance(value, Omit)}",
    "if value is not None and not isinstance(value, Omit)}",
  ),
  request("says who it is", "chatbot-platform-python/{version} ", "chatbot-platform-python "),
  of("log")("never logs a key", 'return "[redacted]"', "return value"),
  of("log")("never logs a key", 'if name == "headers":', 'if name == "Headers":'),
  of("log")("logs nothing unless", 'chosen or "off"', 'chosen or "warn"'),
  of("resource")(
    "gives fields, values and variants",
    "return dict(self._data)",
    "return {name: self._data[name] for name in self._fields if name in self._data}",
  ),
  of("errors")("survives an error that is not", ' or self.headers.get("x-request-id")', ""),
  of("errors")(
    "tells the fields that the API refuses",
    "if isinstance(details, list) else []",
    "if not details else []",
  ),
  hooks(
    "refuses what is more than five minutes",
    "abs(time.time() - int(timestamp))",
    "time.time() - int(timestamp)",
  ),
  hooks("refuses what is more than five minutes", "> tolerance_seconds", "> 300"),
  hooks("refuses what is more than five minutes", 'r"[0-9]{1,15}"', 'r".*"'),
  hooks("refuses what was changed", 'f"{id}.{timestamp}."', 'f"evt_1.{timestamp}."'),
  hooks("refuses what was changed", "binascii.Error, ValueError", "KeyError"),
  hooks("takes any of several signatures", 'if one.startswith("v1,")', ""),
  hooks("refuses what lacks a header", "if not given.get(name):", "if name not in names:"),
  hooks("takes headers however", "name.lower(): value", "name: value"),
  hooks(
    "takes the secrets of the client",
    "for secret in _list(secrets):",
    "for secret in _list(secrets)[:1]:",
  ),
  hooks(
    "signs as the library",
    "for secret in _list(secrets)]",
    "for secret in _list(secrets)[:1]]",
  ),
  of("sync/resources")(
    "takes the secrets of the client",
    "_webhooks.verify(body, headers, secret or self._client._settings.webhook_secret,",
    "_webhooks.verify(body, headers, secret,",
  ),
  backend("refuses as a backend", "_max_bytes = 1024 * 1024", "_max_bytes = 10 * 1024 * 1024"),
  backend("refuses as a backend", "        verify(body, headers, secret)\n", "        pass\n"),
  backend(
    "answers 500 as a backend",
    '_refuse(500, "The backend failed.")',
    "_refuse(500, str(error))",
  ),
  backend(
    "refuses as a backend",
    "verify(body, headers, secret)",
    "verify(body, headers, secret, 600)",
  ),
  backend(
    "refuses GET and HEAD",
    '[] if environ["REQUEST_METHOD"] == "HEAD" else [body]',
    "[body]",
  ),
  backend("answers 500 as a backend that gives", "if reply is None:", "if reply == 0:"),
  waits("gives nothing at once where", " or not is_expected", ""),
  waits(
    "keeps the id that the caller gives",
    "str(uuid.uuid4()) if given is None or isinstance(given, Omit) else given",
    "str(uuid.uuid4())",
  ),
  waits(
    "asks the same message again",
    "options=until.options,\n        )\n\n    while",
    'options={**until.options, "idempotency_key": "one"},\n        )\n\n    while',
  ),
  waits("asks no more than once a second", "begun + 1 - time", "begun + 0.1 - time"),
  waits(
    "says that there was no reply in time",
    "    if until.left() == 0:\n            raise ReplyTimeoutError",
    "    if until.left() < 0:\n            raise ReplyTimeoutError",
  ),
  waits("tells of each step once", "        if step.number <= seen:\n            continue\n", ""),
  waits("tells of each step once", "            break\n", "            continue\n"),
  waits("begins to read steps", "seen // _per_page + 1", "1"),
  waits("waits for the end of an execution", "min(5.0, pause * 1.5)", "pause * 1.5"),
  waits(
    "says that an execution has not ended",
    'if not options.get("cancel_on_timeout"):',
    "if True:",
  ),
  transport("ends what drips", "timeout=left if", "timeout=600 if"),
  aioTransport(
    "ends what drips",
    "timeout=None\n    )\n    try:\n        response = await asyncio.wait_for(http.send(request, follow_redirects=False), prepared.timeout)",
    "timeout=prepared.timeout\n    )\n    try:\n        response = await asyncio.wait_for(http.send(request, follow_redirects=False), 600)",
  ),
  aioTransport("ends a call in time", ", prepared.timeout)", ", 600)"),
  aioTransport("follows no redirect", "follow_redirects=False", "follow_redirects=True"),
  of("aio/paginator")(
    "reads no page more",
    "await (await self).to_list(limit=limit)",
    "[one async for one in self][:limit]",
  ),
  aioWaits("waits for the end of an execution", "min(5.0, pause * 1.5)", "pause * 1.5"),
];
