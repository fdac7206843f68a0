"""Free TCP ports that nobody else takes: locked for as long as this process lives, so that parallel workers and
parallel runs on one machine never share one, and below the range from which the kernel takes ports for clients."""

import fcntl
import os
import random
import socket
import tempfile

_FIRST, _LAST = 20000, 31999
_FOLDER = os.path.join(tempfile.gettempdir(), "ers-stories-ports")
_held = {}


def free_port():
    """A port of 127.0.0.1 that is free and stays ours."""
    os.makedirs(_FOLDER, mode=0o777, exist_ok=True)
    for port in random.sample(range(_FIRST, _LAST), 2000):
        lock = open(os.path.join(_FOLDER, str(port)), "a")  # noqa: SIM115 - held until the process ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _bindable(port)
        except OSError:
            lock.close()
            continue
        _held[port] = lock
        return port
    raise RuntimeError(f"no free port between {_FIRST} and {_LAST}")


def _bindable(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("0.0.0.0", port))


def accepts(port, host="127.0.0.1"):
    """Whether something listens there."""
    with socket.create_connection((host, port), timeout=1):
        return True
