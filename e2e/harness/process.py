"""Processes: servers in a group of their own whose output is kept, and commands that run to their end."""

import ctypes
import os
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from .waiting import NotInTime, until

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """A process that runs until it is stopped; its output goes to `<folder>/<name>.log`."""

    started = []  # every one of this run, for showing logs

    def __init__(self, name, arguments, folder, environment=None, user=None, stop_signal=signal.SIGTERM, cwd=None):
        self.name = name
        self.arguments = [str(argument) for argument in arguments]
        self.folder = Path(folder)
        self.log = self.folder / f"{name}.log"
        self.environment = environment or {}
        self.user = user
        self.stop_signal = stop_signal
        self.cwd = cwd
        self.process = None
        self.log_read_to = 0
        Server.started.append(self)

    def start(self):
        assert threading.current_thread() is threading.main_thread(), "it would die with this thread"
        assert not self.alive, f"{self.name} runs already"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                cwd=self.cwd,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        return self

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def until(self, what, condition, seconds=60.0):
        """Waits like `waiting.until`, but gives up at once when the process has ended."""

        def still_alive():
            if not self.alive:
                raise NotInTime(
                    f"{self.name} ended with code {self.process.returncode} before {what}:\n{self.tail()}"
                )
            return condition()

        return until(f"{self.name}: {what}", still_alive, seconds)

    def kill(self):
        """kill -9, the whole group; returns when it is gone."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(timeout=30)

    def stop(self, seconds=30):
        """Asks it to end, insists after `seconds`; returns its exit code."""
        if self.process is None:
            return None
        if self.alive:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                pass
        code = self.process.poll()
        self.kill()
        return code

    def text(self):
        """Everything it has written."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=40):
        return "\n".join(self.text().splitlines()[-lines:])


@dataclass
class Outcome:
    """How a command ended."""

    arguments: list
    code: int
    stdout: str
    stderr: str

    def __str__(self):
        return (
            f"$ {' '.join(self.arguments)}\nexit code {self.code}\n"
            f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        )


def run(*arguments, environment=None, check=True, seconds=60, stdin=None, cwd=None):
    """Runs a command to its end. A code other than 0 fails the story, with everything the command said."""
    arguments = [str(argument) for argument in arguments]
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
        cwd=cwd,
        start_new_session=True,
    )
    try:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        stdout, stderr = process.communicate(data, timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        outcome = Outcome(arguments, -1, stdout.decode(errors="replace"), stderr.decode(errors="replace"))
        raise AssertionError(f"not done within {seconds} s\n{outcome}") from None
    outcome = Outcome(
        arguments, process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace")
    )
    if check:
        assert outcome.code == 0, str(outcome)
    return outcome
