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
    metafunc.parametrize("form", mark.args if mark else FORMS)


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


class World:
    """Servers and platforms that the stories of a worker share; each is started when it is first wanted."""

    def __init__(self, folder):
        self.folder = folder
        self.servers, self.platforms = {}, {}

    def server(self, kind):
        """A database server, Redis or DNS."""
        return self._started(self.servers, kind, lambda: kind(self.folder / kind.__name__.lower()))

    def platform(self, form):
        """The running platform of a form."""
        return self._started(self.platforms, form, lambda: self.new_platform(form, self.folder / f"platform-{form}"))

    def new_platform(self, form, folder):
        """A platform that nobody else has, not yet started."""
        dns = self.server(Dns)
        kind = {"postgresql": PostgreSql, "mariadb": MariaDb}.get(form.removeprefix("many-"))
        database = self.server(kind) if kind else None
        if form.startswith("many-"):
            return ManyProcesses(form, folder, dns, database, self.server(Redis))
        return OneProcess(form, folder, dns, database)

    @staticmethod
    def _started(running, name, make):
        if name not in running:
            made = make()
            try:
                running[name] = made.start()
            except BaseException as problem:
                running[name] = problem
                made.stop()
                raise
        if isinstance(running[name], BaseException):  # not tried again, and never skipped
            pytest.fail(f"{name} did not start; see the first story that wanted it", pytrace=False)
        return running[name]

    def stop(self):
        for started in [*self.platforms.values(), *self.servers.values()]:
            if not isinstance(started, BaseException):
                started.stop()


@pytest.fixture(scope="session")
def world(run_folder):
    world = World(run_folder)
    yield world
    world.stop()


@pytest.fixture
def dns(world):
    return world.server(Dns)


@pytest.fixture
def platform(form, world):
    """The running platform that stories share."""
    return world.platform(form)


@pytest.fixture
def own_platform(form, folder, world):
    """A platform for one story alone, started; may be stopped and killed."""
    running = world.new_platform(form, folder / "platform")
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def host(platform):
    return platform.host()
