"""The running platform as fixtures: one per form and worker, started when the first story wants it."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from harness.many import ManyProcesses
from harness.platform import OneProcess
from harness.process import Server
from harness.servers import Dns, MariaDb, PostgreSql, Redis

FORMS = ("sqlite", "postgresql", "mariadb", "many-postgresql", "many-mariadb")
failures = []


def pytest_generate_tests(metafunc):
    """A story that takes `platform` is told on every form, or on those that its `forms` mark names."""
    if "form" not in metafunc.fixturenames:
        return
    mark = metafunc.definition.get_closest_marker("forms")
    metafunc.parametrize("form", mark.args if mark else FORMS, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Stories of one file on one form go to one worker, which then starts that form once."""
    for item in items:
        form = getattr(item, "callspec", None) and item.callspec.params.get("form")
        own = "platform" not in item.fixturenames
        group = f"{item.path.stem if own else 'shared'}-{form or 'none'}"
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    for server in Server.started:
        server.log_read_to = server.log.stat().st_size if server.log.exists() else 0
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows with a failure what every server wrote meanwhile."""
    report = (yield).get_result()
    if not report.failed:
        return
    failures.append(item.nodeid)
    for server in Server.started:
        if not server.log.exists():
            continue
        with open(server.log, errors="replace") as log:
            log.seek(server.log_read_to)
            lines = log.read().splitlines()
        if lines:
            report.sections.append((f"{server.log} (last {min(len(lines), 60)} lines)", "\n".join(lines[-60:])))


@pytest.fixture(scope="session")
def run_folder():
    """Where everything of this run lies; stays after a failure."""
    folder = Path(tempfile.mkdtemp(prefix="ers-stories-"))
    folder.chmod(0o755)  # database servers run as users of their own
    yield folder
    if not failures:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder(run_folder, request):
    """A folder for one story."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    return Path(tempfile.mkdtemp(prefix=f"{name[:60]}-", dir=run_folder))


def _server(kind):
    @pytest.fixture(scope="session")
    def fixture(run_folder):
        server = kind(run_folder / kind.__name__.lower())
        try:
            yield server.start()
        finally:
            server.stop()

    return fixture


postgresql, mariadb, redis, dns = (_server(kind) for kind in (PostgreSql, MariaDb, Redis, Dns))


def make_platform(form, folder, request):
    """A platform of that form, not yet started."""
    dns = request.getfixturevalue("dns")
    database = None if form == "sqlite" else request.getfixturevalue(form.removeprefix("many-"))
    if form.startswith("many-"):
        return ManyProcesses(form, folder, dns, database, request.getfixturevalue("redis"))
    return OneProcess(form, folder, dns, database)


@pytest.fixture(scope="session")
def platform(form, run_folder, request):
    """The running platform that stories share."""
    running = make_platform(form, run_folder / form, request)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def own_platform(form, folder, request):
    """A platform for one story alone, started; may be stopped and killed."""
    running = make_platform(form, folder / "platform", request)
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def host(platform):
    return platform.host()
