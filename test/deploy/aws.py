"""Stands in for the AWS command line, with the client that the emulator brings along.

Reads a JSON list of [service, operation, parameters] and prints the list of what was answered, all pages of it.
"""

import json
import sys

import botocore.session

session = botocore.session.get_session()
clients = {}


def ask(service, operation, parameters):
    if service not in clients:
        clients[service] = session.create_client(service)
    client = clients[service]
    if client.can_paginate(operation):
        return client.get_paginator(operation).paginate(**parameters).build_full_result()
    return getattr(client, operation)(**parameters)


print(json.dumps([ask(*call) for call in json.load(sys.stdin)], default=str))
