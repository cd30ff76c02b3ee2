from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chenu.launch.checks import check_data_dir, check_disk, check_port, reserve_port
from chenu.launch.errors import LaunchError
from tests.chenu.launch.processes import REPOSITORY


def test_a_port_in_use_is_one_line_that_names_port_and_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LaunchError) as refused:
            reserve_port("127.0.0.1", port)
    assert str(refused.value) == (
        f"port {port} on 127.0.0.1 is already in use: stop that program, or set CHENU_PORT to another number"
    )


def test_a_port_that_another_program_uses_on_one_address_is_not_taken_on_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(LaunchError, match="already in use"):
        reserve_port("0.0.0.0", other.getsockname()[1])


def test_the_second_port_names_its_own_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(LaunchError, match="CHENU_SIMULATOR_PORT"):
        check_port("127.0.0.1", other.getsockname()[1], variable="CHENU_SIMULATOR_PORT")


def test_a_free_port_is_reserved_and_answers() -> None:
    with reserve_port("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()) as visitor:
        assert visitor.getpeername() == listener.getsockname()


def test_a_checked_port_is_free_again() -> None:
    with reserve_port("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    check_port("127.0.0.1", port, variable="CHENU_PORT")
    reserve_port("127.0.0.1", port).close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may change what localhost means")
def test_localhost_means_the_ipv4_address_first(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("::1 localhost\n127.0.0.1 localhost\n")
    program = "from chenu.launch.checks import reserve_port as r; print(r('localhost', 0).getsockname()[0])"
    assert said_in_mounts(f"mount --bind {tmp_path}/hosts /etc/hosts", "-c", program) == "127.0.0.1\n"


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid", "." * 70])
def test_an_address_of_another_machine_names_the_host_variable(host: str) -> None:
    with pytest.raises(LaunchError) as refused:
        reserve_port(host, 0)
    assert str(refused.value) == f"CHENU_HOST: “{host}” is not an address of this machine"


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_number_that_is_no_port_is_named(port: int) -> None:
    with pytest.raises(LaunchError) as refused:
        reserve_port("127.0.0.1", port)
    assert str(refused.value) == f"CHENU_PORT: {port} is not a port number (0 to 65535)"


def test_the_data_folder_is_made_for_us_alone(tmp_path: Path) -> None:
    check_data_dir(tmp_path / "var")
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "var").iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError) as refused:
        check_data_dir(tmp_path / "file" / "var")
    assert str(refused.value) == (
        f"the data folder {tmp_path}/file/var is not writable (Not a directory): change its owner or set CHENU_DATA_DIR"
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk")
def test_a_read_only_data_folder_is_one_line(tmp_path: Path) -> None:
    assert said_on_disk(tmp_path, "size=300m,ro") == (
        f"the data folder {tmp_path} is not writable (Read-only file system): change its owner or set CHENU_DATA_DIR\n"
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk")
def test_a_nearly_full_disk_is_one_line(tmp_path: Path) -> None:
    assert said_on_disk(tmp_path, "size=100m") == (
        f"the disk that holds {tmp_path} is nearly full: 100 MB free, 200 MB needed\n"
    )
    assert said_on_disk(tmp_path, "size=300m") == "fine\n"


def test_the_needed_room_is_counted_to_the_byte(tmp_path: Path) -> None:
    check_disk(tmp_path, needed=1)
    with pytest.raises(LaunchError, match="nearly full"):
        check_disk(tmp_path, needed=2**60)


def said_on_disk(folder: Path, options: str) -> str:
    program = (
        "import sys\nfrom pathlib import Path\nfrom chenu.launch.checks import LaunchError, check_data_dir\n"
        "try:\n    check_data_dir(Path(sys.argv[1]))\n    print('fine')\nexcept LaunchError as error:\n    print(error)"
    )
    return said_in_mounts(f"mount -t tmpfs -o {options} tmpfs {folder}", "-c", program, str(folder))


def said_in_mounts(mount: str, *arguments: str) -> str:
    """What a Python program says after `mount`, which nobody else sees."""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$0" "$@"', sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
