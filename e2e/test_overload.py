"""More is asked for than there is room for.

Promises:
- What there is no room for is refused at once with 429 or 503 and Retry-After, and nothing hangs; what was accepted is issued.
- Who tries again under the same request id, as Retry-After says, gets the certificate: one for each request.
- Afterwards all is as before: one request is answered, every process is ready, and nothing was issued that nobody asked for.
"""

import concurrent.futures
import json
import ssl
import urllib.error
import urllib.request

import pytest

from conftest import OneProcess
from harness.process import run
from harness.rest import Rest
from harness.servers import Dns
from harness.waiting import until

PASSWORD = "a password that only this story knows"
ROOM, CALLERS = 2, 48


@pytest.fixture
def crowded(folder, world):
    """A platform with room for two requests at a time."""
    running = OneProcess("sqlite", folder / "platform", world.server(Dns), clm={"max_enrollments": ROOM})
    try:
        yield running.start()
    finally:
        running.stop()


def ask(platform, token, wish):
    """One request; (status, Retry-After, body). It ends within the time limit or the story fails."""
    request = urllib.request.Request(
        f"{platform.url}/clm-api/v1/certificates",
        json.dumps(wish).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {token}"},
    )
    context = ssl.create_default_context(cafile=str(platform.root))
    try:
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            return answer.status, None, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers.get("Retry-After"), json.load(refused)


def test_failure_46_what_there_is_no_room_for_is_refused_at_once_and_served_later(crowded, folder):
    """Failure 46: overload far beyond the room there is."""
    file = folder / "password"
    file.write_text(PASSWORD)
    crowded.ers("password", "administrator", "--password-file", file)
    rest = Rest(crowded)
    assert rest.log_in(PASSWORD)[0] == 200
    csr = folder / "csr.pem"
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
        folder / "key.pem", "-out", csr, "-subj", "/CN=crowd.example.test", "-addext", "subjectAltName=DNS:crowd.example.test")
    wishes = [
        {"csr": csr.read_text(), "policy": "server", "request_id": f"crowd-{number}"} for number in range(CALLERS)
    ]
    issued, refusals, rounds = {}, 0, 0
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as callers:
        while len(issued) < CALLERS:
            rounds += 1
            assert rounds <= 4 * CALLERS, f"{len(issued)} of {CALLERS} issued only"
            missing = [wish for wish in wishes if wish["request_id"] not in issued]
            answers = callers.map(lambda wish: (wish["request_id"], ask(crowded, rest.token, wish)), missing)
            for request_id, (status, retry_after, body) in answers:
                if status == 201:
                    issued[request_id] = body["serial"]
                    continue
                refusals += 1
                assert status in (429, 503), body
                assert int(retry_after) >= 1, "it says when to try again"
                assert body["status"] == status and body["title"], body
    assert refusals > 0, "there was room for all: nothing was shown"
    assert len(set(issued.values())) == CALLERS, "one certificate for each request"
    crowded.until_ready()
    status, _, again = ask(crowded, rest.token, wishes[0])
    assert (status, again["serial"]) == (201, issued["crowd-0"]), "a repetition gets the same one"
    status, _, fresh = ask(crowded, rest.token, {**wishes[0], "request_id": "after-the-crowd"})
    assert status == 201, fresh

    def listed():
        return rest("GET", "/v1/certificates?search=crowd.example.test&page_size=200")[2]["certificates"]

    serials = {fresh["serial"], *issued.values()}
    until("the inventory has them all", lambda: {row["serial"] for row in listed()} == serials, 20)
