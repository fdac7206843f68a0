"""The jobs that make what a release needs, killed.

Promise: killed with -9 at each step that they tell of, and run again, they finish the work and make nothing twice.
"""

import pytest

from harness.chart import RELEASE, SMALL_KEYS
from harness.clients import Lego
from harness.process import Outcome, Server
from harness.rendered import RenderedPlatform
from harness.servers import Dns, MariaDb, Redis
from harness.waiting import until


class Unfinished(RenderedPlatform):
    """A release whose jobs are killed; what they make is counted."""

    kills = 0

    def job(self, name, check=True):
        """Begun again and again, and killed one step later each time, until it has no further one."""
        [(arguments, environment)] = self.steps(name)
        step = 0
        while True:
            step += 1
            running = Server(f"{name}-{step}", arguments, self.folder, environment).start()
            told = until(f"{name} ends or tells of step {step}", lambda: self._told(running, step), 120)
            if told == "ended":
                return [Outcome(running.arguments, running.process.returncode, running.text(), "")]
            running.kill()
            self.kills += 1

    @staticmethod
    def _told(running, step):
        ended = not running.alive  # asked before what it said is read
        if running.text().count("\n") >= step and not ended:
            return "step"
        return "ended" if ended else None


@pytest.fixture(scope="module")
def release(run_folder, world):
    running = Unfinished(run_folder / "unfinished", world.server(Dns), world.server(MariaDb), world.server(Redis),
                         {"ers": {"defaultPki": SMALL_KEYS}})
    try:
        yield running.start()
    finally:
        running.stop()
        running.api.stop()


def test_killed_at_each_step_the_jobs_finish_the_work_and_make_nothing_twice(release, folder):
    assert release.kills >= 12, "fewer steps than there are things to make"
    assert sorted(ca["name"] for ca in release.ers_json("ca", "list")) == ["default-root", "default-sub", "management-root"]
    assert [found["name"] for found in release.ers_json("administrator", "list")] == ["devops"]
    issued = release.ers_json("cert", "list", "--limit", "50")["certificates"]
    assert len(issued) == 8, "three CAs, their OCSP signers, the administrator, the ingress"
    assert sorted(row["names"] for row in issued if row["names"]) == [["dns:localhost"], ["email:devops@example.com"]]
    assert not [key for key in release.api.secrets[f"{RELEASE}-init"]["data"] if key.startswith("in-making")], "no key lies about"
    Lego(release, folder).obtain_by_http(release.host())
