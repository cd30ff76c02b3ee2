"""``python -m agents.simulator --port N [--host 127.0.0.1]``; port 0 takes a free one.

Prints ``simulator listening on http://HOST:PORT`` once it answers. Exit 2 when asked to listen beyond
loopback, 1 when the address cannot be taken, 0 after SIGTERM or Ctrl-C.
"""

from __future__ import annotations

import argparse
import ipaddress
import signal
import socket
import sys

import uvicorn

from agents.simulator.app import Simulator


class _AnnouncingServer(uvicorn.Server):
    """Says where it listens only once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            print(f"simulator listening on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)


def is_loopback(host: str) -> bool:
    """Whether an address stays on this machine; names other than ``localhost`` do not count."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m agents.simulator", description="Provider simulator.")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free port")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    options = parser.parse_args(arguments)
    if not is_loopback(options.host):
        print(f"simulator: refusing to listen on {options.host}: only loopback is allowed", file=sys.stderr)
        return 2
    try:
        listener = _listen("127.0.0.1" if options.host == "localhost" else options.host, options.port)
    except (OSError, OverflowError) as error:
        print(f"simulator: cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 1
    # uvicorn raises the signal again after its orderly stop; without this it would look like a crash
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        Simulator(),
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    try:
        _AnnouncingServer(config).run(sockets=[listener])
    except KeyboardInterrupt:
        return 0
    return 0


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


if __name__ == "__main__":
    sys.exit(main())
