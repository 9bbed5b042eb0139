"""Follows a session with gql as published, through whatever breaks, and writes each change as a line of JSON.

Usage: follow.py URL USER SESSION, with the subscription on standard input.
"""

import asyncio
import json
import sys

from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from gql.transport.websockets import WebsocketsTransport

url, user, session = sys.argv[1:]
query = sys.stdin.read()


async def follow() -> None:
    revision = 0
    while True:
        transport = WebsocketsTransport(url=url, init_payload={"x-user-id": user})
        try:
            async with Client(transport=transport) as client:
                counted = await client.execute(gql("{ chatSessions { totalCount } }"))
                assert counted["chatSessions"]["totalCount"] == 1, counted
                request = gql(query)
                request.variable_values = {"sessionId": session, "afterRevision": revision}
                async for result in client.subscribe(request):
                    change = result["chatSessionChanges"]
                    revision = change["revision"]
                    print(json.dumps(change), flush=True)
                    if change["__typename"] == "ChatSessionDeleted":
                        return
        except TransportQueryError as error:
            if not error.errors[0]["extensions"]["retryable"]:
                raise
        except (OSError, TransportConnectionFailed):
            await asyncio.sleep(0.01)


asyncio.run(follow())
