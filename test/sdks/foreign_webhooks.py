"""Reads and signs with the SDK and with the library of Standard Webhooks: both have to say the same. Given: vectors."""

import json
import sys
import time
from datetime import datetime, timezone

from chatbot_platform import ChatbotPlatform
from standardwebhooks.webhooks import Webhook

webhooks = ChatbotPlatform(api_key="sk_live_x").webhooks


def takes(verify):
    try:
        verify()
    except Exception:
        return False
    return True


with open(sys.argv[1], encoding="utf-8") as file:
    vectors = json.load(file)
for one in vectors:
    body, headers, secret = one["body"], one["headers"], one["secret"]
    theirs = Webhook(secret)
    said = (
        takes(lambda: webhooks.verify(body, headers, secret=secret)),
        takes(lambda: theirs.verify(body, headers, json_parse=False)),
    )
    assert said == (one["is_right"], one["is_right"]), (one["title"], *said)
    now = int(time.time())
    signed = webhooks.sign(body, secret=secret, id="evt_7", timestamp=now)
    assert signed["webhook-signature"] == theirs.sign("evt_7", datetime.fromtimestamp(now, timezone.utc), body)
