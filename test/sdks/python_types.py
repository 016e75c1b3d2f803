"""What types and answers of the Python SDK promise: read by mypy and pyright, and run."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx2

from chatbot_platform import ApiError, ChatbotPlatform, NotFoundError, Resource, WaitTimeoutError, types

data: dict[str, Any] = {
    "id": "msg_1",
    "content": [{"type": "text", "text": "Hello!"}, {"type": "hologram", "shape": "cube"}],
    "delivery": {"status": "failed", "error": {"class": "refused", "code": "x", "message": "No."}},
    "user": None,
    "created_at": "2026-01-02T03:04:05.678Z",
    "updated_at": "not yet",
    "metadata": {"created_at": "2026-01-02T03:04:05Z"},
    "moon_phase": {"full": True},
}
message = types.Message(data)


def refuses(what: str, act: Any, *kinds: type[BaseException]) -> None:
    try:
        act()
    except kinds:
        return
    raise AssertionError(f"{what} was to be refused.")


# Known fields have types, and unknown fields, values and variants stay readable.
created: datetime = message.created_at
assert created == datetime(2026, 1, 2, 3, 4, 5, 678000, timezone.utc)
assert message["updated_at"] == "not yet"
assert message.user is None and message.number is not None or "number" not in message
assert message["moon_phase"] == {"full": True} and "moon_phase" in message
assert not isinstance(message.content, str)
first, second = message.content
assert first.type == "text" and first.text == "Hello!"
assert isinstance(second, Resource) and second["shape"] == "cube"
assert message.metadata == {"created_at": "2026-01-02T03:04:05Z"}
assert message.delivery and message.delivery.error and message.delivery.error.class_ == "refused"
refuses("A name that is no field", lambda: getattr(message, "contents"), AttributeError)

# It cannot be changed, and it is what it was made of.
refuses("A change", lambda: setattr(message, "id", "msg_2"), AttributeError)
assert message.to_dict() == data
message.to_dict()["metadata"]["created_at"] = "never"
assert message.metadata == {"created_at": "2026-01-02T03:04:05Z"}
assert message == types.Message(copy.deepcopy(data)) and message != types.Message({**data, "id": "msg_2"})
assert pickle.loads(pickle.dumps(message)) == message and copy.deepcopy(message) == message
assert set(message) == set(data)
assert "hologram" in repr(message)
assert "whsec" not in repr(types.WebhookEndpoint({"id": "wh_1", "secret": "whsec_abc"}))

# Times of any zone are sent as the API takes them.
at = datetime(2026, 1, 2, 5, 4, 5, 678912, timezone(timedelta(hours=2)))
asked: list[httpx2.Request] = []


def heard(request: httpx2.Request) -> httpx2.Response:
    asked.append(request)
    return httpx2.Response(200, json={"data": [], "meta": {"next_cursor": None}})


with ChatbotPlatform(api_key="k", http_client=httpx2.Client(transport=httpx2.MockTransport(heard))) as client:
    client.conversations.list("bot_1", active_after=at)
    client.webhooks.replay("wh_1", since=at)
    refuses("A time without a zone", lambda: client.webhooks.replay("wh_1", since=datetime(2026, 1, 2)), ValueError)
sent = [asked[0].url.params["active_after"], json.loads(asked[1].content)["since"]]
assert sent == ["2026-01-02T03:04:05.678Z"] * 2, sent

# Errors go through processes.
error = pickle.loads(pickle.dumps(NotFoundError(404, {"x-request-id": "req_1"}, {"error": {"message": "Gone."}})))
assert isinstance(error, ApiError) and (error.status, str(error), error.request_id) == (404, "Gone. (req_1)", "req_1")
late = pickle.loads(pickle.dumps(WaitTimeoutError(types.Execution({"id": "exec_1"}))))
assert late.execution == types.Execution({"id": "exec_1"})
