"""Hooks of Schemathesis: keys in turn, resources that are there, one Idempotency-Key for each request."""

import itertools
import json
import os
import re
import uuid

import schemathesis
from schemathesis.core.parameters import ParameterLocation

FIRST_KEY = os.environ["API_KEY"]
KEYS = itertools.cycle(json.loads(os.environ["API_KEYS"]))
# The ids of these keys.
KEY_IDS = json.loads(os.environ["API_KEY_IDS"])
# Ids of resources that are there, by prefix.
SEEDS = json.loads(os.environ["SEEDS"])
# Nobody is there: the port is reserved.
URL = "https://127.0.0.1:1/"
# What is stored as one row is at most 32 KiB.
MOST_BYTES = 30_000
# What the document shows as an id; nothing has it.
EXAMPLE = "01jd7zq3c8e9v5r2k4m6n8p0ab"
# Not the words of a library, such as "Invalid length: Expected <=128".
SENTENCE = re.compile(r"(?!Invalid )(?!.*([<>]=|undefined|Expected))[A-Z].+\.", re.DOTALL)
# The prefixes of ids, by the nouns of paths.
PREFIXES = json.loads(os.environ["PREFIXES"])


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers
    # A key has 1,000 requests a minute. Checks that leave the key out or spoil it keep what they sent.
    if headers and headers.get("Authorization") == f"Bearer {FIRST_KEY}":
        headers["Authorization"] = f"Bearer {next(KEYS)}"
    use_seeds(case)
    if not case.meta:
        return
    # A key used again with another body is a documented 422, which would hide what a spoilt body is answered.
    if headers and "Idempotency-Key" in headers and not case.meta.is_negative_at(ParameterLocation.HEADER):
        headers["Idempotency-Key"] = str(uuid.uuid4())
    if not case.meta.generation.mode.is_positive:
        return
    # Parameters that exclude each other are beyond OpenAPI.
    if case.query and "cursor" in case.query:
        case.query.pop("page", None)
    # Which days go together depends on today.
    if case.query:
        case.query.pop("from", None)
    # Pages end at 10,000 rows, but for some lists and filters.
    if case.query and "page" in case.query:
        case.query["page"] = min(int(case.query["page"]), 100)
    if isinstance(case.body, dict):
        make_consistent(case.operation.definition.raw["operationId"], case.body)


@schemathesis.check
def says_what_is_wrong(ctx, response, case):
    """Every problem of a request has the place of its field and a sentence that a person wrote."""
    if response.status_code != 422:
        return
    for detail in response.json()["error"].get("details", []):
        message = detail["message"]
        if not re.match(r"(path|query|body)(\.|$)", detail["path"]) or not SENTENCE.fullmatch(message):
            raise AssertionError(f"{detail['path']}: {message}")


def use_seeds(case):
    """The document's examples of ids become those of seeds; whoever finds a seed in a list deletes another."""
    deletes = case.method.upper() == "DELETE"
    ends_keys = deletes or case.path.endswith("/rotate")
    if ends_keys and (case.path_parameters or {}).get("id") in KEY_IDS:
        case.path_parameters["id"] = f"key_{EXAMPLE}"
    for name, value in (case.path_parameters or {}).items():
        prefix, _, rest = str(value).rpartition("_")
        if rest == EXAMPLE and not deletes:
            case.path_parameters[name] = SEEDS.get(prefix, value)
        elif deletes and name == "id" and value == SEEDS.get(prefix):
            case.path_parameters[name] = f"{prefix}_{EXAMPLE}"


def make_consistent(operation, body):
    """What a schema cannot say: which fields go together, and what a URL or a cron expression is."""
    if operation == "rateMessage" and body["rating"] is None:
        body.pop("comment", None)
    if operation == "createApiKey":
        # It must lie ahead.
        body.pop("expires_at", None)
    if operation.endswith("Bot"):
        settings = body.get("settings") or {}
        delay = settings.get("response_delay")
        if delay:
            low, high = sorted([delay.get("min_ms") or 0, delay.get("max_ms") or 0])
            delay.update(min_ms=low, max_ms=high)
        conversation = settings.get("conversation")
        # Without a mode it is the stored one, which may be session.
        if conversation and (conversation.get("mode") or "session") == "session":
            conversation["session_timeout_minutes"] = conversation.get("session_timeout_minutes") or 30
    if operation == "createIntegration":
        kind = body.get("type") or "webhook"
        body["url"] = None if kind in ("echo", "bedrock") else URL
        if kind == "bedrock":
            body.pop("headers", None)
        if kind in ("echo", "webhook"):
            body.pop("model", None)
            body.pop("settings", None)
        else:
            body["model"] = body.get("model") or "none"
    if operation == "updateIntegration":
        # What it takes its type says, which is the stored one.
        for field in ("url", "model", "headers", "settings"):
            body.pop(field, None)
    if operation == "createChannel":
        # The others have credentials, which a platform is asked about.
        body["type"] = "web"
    if operation.endswith("Channel"):
        body.pop("credentials", None)
    if operation.endswith("WebhookEndpoint"):
        if "url" in body:
            body["url"] = URL
        # Everything, or types.
        if "*" in (body.get("events") or []):
            body["events"] = ["*"]
    if operation == "replayDeliveries":
        # It must lie in the past, and before `until`.
        body["since"] = "2026-01-02T03:00:00Z"
        if body.get("until") is not None:
            body["until"] = "2026-01-02T04:00:00Z"
    if operation.endswith("AgentLoop"):
        if body.get("callback"):
            body["callback"]["url"] = URL
        model = body.get("model")
        # Not the vendors' own servers; without a key the platform's own credentials would go to the URL.
        if model and (model["provider"] != "echo" or model.get("base_url") is not None):
            model.update(base_url=URL, api_key=model.get("api_key") or "none")
        kinds = {}
        for index, tool in enumerate(body.get("tools") or []):
            if tool["type"] == "mcp":
                tool.update(name=f"server-{index}", url=URL)
            kinds[tool.get("name", tool["type"])] = tool
        if "tools" in body:
            body["tools"] = list(kinds.values())
        schedule = body.get("schedule")
        if schedule and "cron" in schedule:
            schedule.update(cron="0 9 * * 1-5", timezone="Europe/Berlin")
    keep_digits(body)
    if 0 < (body.get("weight") or 0) < 0.000001:
        body["weight"] = 0
    # A value that looks like a mask stands for a stored one.
    for place in [body, body.get("model"), body.get("callback"), *(body.get("tools") or [])]:
        if isinstance(place, dict) and isinstance(place.get("headers"), dict):
            headers = place["headers"]
            # One name in two cases is one header.
            names = {name.lower(): name for name in headers}.values()
            place["headers"] = {name: headers[name].replace("•", ".") for name in names}
        if isinstance(place, dict) and isinstance(place.get("api_key"), str):
            place["api_key"] = place["api_key"].replace("•", ".")
    if len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MOST_BYTES:
        shorten(body)


def keep_digits(value):
    """A whole number that would be rounded is refused."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, int) and abs(inner) >= 2**53:
            value[key] = str(inner)
        elif isinstance(inner, float) and inner.is_integer() and abs(inner) >= 2**53:
            value[key] = 0.5
        elif isinstance(inner, (dict, list)):
            keep_digits(inner)


def shorten(value):
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, str):
            value[key] = inner[:500]
        elif isinstance(inner, (dict, list)):
            shorten(inner)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Well-formed ids become those of the seeds, except where they would be deleted."""
    operation = context.operation
    if not path_parameters or operation.method.lower() == "delete":
        return path_parameters
    for name, value in path_parameters.items():
        prefix = PREFIXES.get(noun_before(operation.path, name))
        seed = SEEDS.get(prefix)
        if seed and re.fullmatch(prefix + "_[0-7][0-9a-hjkmnp-tv-z]{25}", str(value)):
            path_parameters[name] = seed
        # In the second place of the seed's conversation stands its reply.
        if name == "number" and re.fullmatch("[1-9][0-9]{0,11}", str(value)):
            path_parameters[name] = "2"
    return path_parameters


def noun_before(path, name):
    match = re.search(r"/([a-z-]+)/\{" + name + r"\}", path)
    return match.group(1) if match else ""
