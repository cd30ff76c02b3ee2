from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org"])
def test_it_refuses_to_listen_beyond_loopback(start, host):
    process = start("--port", "0", "--host", host)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 2
    assert out == ""
    assert err == f"simulator: refusing to listen on {host}: only loopback is allowed\n"


def test_a_taken_port_is_one_clear_line(start):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        process = start("--port", str(port))
        _, err = process.communicate(timeout=10)
    assert process.returncode == 1
    assert err.startswith(f"simulator: cannot listen on 127.0.0.1:{port}: ")
    assert err.count("\n") == 1


def test_it_says_where_it_listens_and_stops_in_order(start):
    process = start("--port", "0", "--host", "localhost")
    line = process.stdout.readline()
    port = int(line.rpartition(":")[2])
    assert line == f"simulator listening on http://127.0.0.1:{port}\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert err == ""


def test_it_needs_no_heavy_module_to_start():
    heavy = "{'django', 'anthropic', 'openai', 'pydantic', 'httpx2', 'websockets', 'rest_framework'}"
    code = f"import sys, agents.simulator.__main__; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_health_needs_no_key_and_counts_the_requests(raw):
    def counted() -> int:
        status, _, body = raw.call("GET", "/healthz", headers={})
        assert status == 200
        assert body.startswith(b'{"status":"ok","requests":')
        return int(body.split(b":")[2].split(b",")[0])

    before = counted()
    raw.call("GET", "/v1/models")
    assert counted() == before + 1
