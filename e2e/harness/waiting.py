"""Waiting for something to become true: by polling, with a deadline, never by a guess at how long it takes."""

import time


class NotInTime(AssertionError):
    """What was waited for did not happen."""


def until(what, condition, seconds=30.0, every=0.05):
    """Returns the first true value of `condition()`. An exception counts as "not yet" and is told at the deadline."""
    deadline = time.monotonic() + seconds
    problem = None
    while True:
        try:
            value = condition()
            if value:
                return value
            problem = None
        except NotInTime:
            raise
        except Exception as error:  # told below when time is up
            problem = error
        if time.monotonic() >= deadline:
            why = f"; last: {type(problem).__name__}: {problem}" if problem else ""
            raise NotInTime(f"{what}: not within {seconds:g} s{why}")
        time.sleep(every)
