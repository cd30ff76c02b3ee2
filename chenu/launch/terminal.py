"""Makes Ctrl-C reach the supervisor alone (design 6.3): not `make`, not the script that runs it."""

from __future__ import annotations

import contextlib
import os
import signal


def take_foreground() -> int | None:
    """Puts this process, alone, into the terminal's foreground; returns the process group that was there.

    Returns None, and changes nothing, without a terminal, in the background, or when it is alone already.
    """
    group = os.getpgrp()
    if group == os.getpid():
        return None
    with contextlib.suppress(OSError), open("/dev/tty", "rb") as terminal:
        if os.tcgetpgrp(terminal.fileno()) == group:
            # Ctrl-Z would be for ever: the shell waits for the group we leave and cannot wake ours.
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)
            _move(terminal.fileno(), os.getpid())
            return group
    return None


def give_back_foreground(group: int | None) -> None:
    """Returns the terminal to `group`, the answer of `take_foreground`."""
    if group is None:
        return
    with contextlib.suppress(OSError), open("/dev/tty", "rb") as terminal:  # it, or the group, may be gone
        _move(terminal.fileno(), group)


def _move(terminal: int, group: int) -> None:
    os.setpgid(0, group)
    # A process outside the foreground is stopped by this call unless it ignores the signal.
    usual = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        os.tcsetpgrp(terminal, group)
    finally:
        signal.signal(signal.SIGTTOU, usual)
