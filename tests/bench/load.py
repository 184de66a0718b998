"""A load of one kind of request: keep-alive connections, a fixed number of requests, counts by status. It stops by itself.

Run in a process of its own (python -m tests.bench.load URL …), so that its CPU is nobody else's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from urllib.parse import urlsplit


async def run(url: str, *, requests: int, connections: int, headers: dict[str, str]) -> Counter[int]:
    parts = urlsplit(url)
    assert parts.hostname in ("127.0.0.1", "localhost"), "a load goes to this machine only"
    lines = [f"GET {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    message = ("\r\n".join(lines) + "\r\n\r\n").encode()
    statuses: Counter[int] = Counter()
    left = requests

    async def one_connection() -> None:
        nonlocal left
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while left > 0:
            left -= 1
            writer.write(message)
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            at = lower.find(b"content-length:")
            if at >= 0:
                length = int(lower[at + 15 : lower.index(b"\r\n", at)])
                if length:
                    await reader.readexactly(length)
            statuses[int(head[9:12])] += 1
        writer.close()

    await asyncio.wait_for(asyncio.gather(*(one_connection() for _ in range(connections))), 120)
    return statuses


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--header", action="append", default=[])
    arguments = parser.parse_args()
    headers = dict(line.split(": ", 1) for line in arguments.header)
    statuses = asyncio.run(
        run(
            arguments.url,
            requests=min(arguments.requests, 200_000),
            connections=min(arguments.connections, 128),
            headers=headers,
        )
    )
    json.dump({str(status): count for status, count in statuses.items()}, sys.stdout)


if __name__ == "__main__":
    main()
