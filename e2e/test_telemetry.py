"""What operators see: traces and metrics.

Promises:
- One trace runs from the ACME request through CLM and CARA to the signature in the signer, over process boundaries.
- Metrics count what happened, and name neither serials nor names.
- A collector is sent metrics and logs as well.
"""

import re

import pytest

from harness.clients import Lego
from harness.collector import Collector
from harness.process import run
from harness.waiting import until

pytestmark = pytest.mark.forms("sqlite", "many-postgresql")


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.stop()


@pytest.fixture
def traced(form, folder, world, collector):
    """A platform that sends its traces to the collector."""
    platform = world.new_platform(form, folder / "platform")
    platform.telemetry["otlp_endpoint"] = collector.url
    try:
        yield platform.start()
    finally:
        platform.stop()


def test_one_trace_runs_from_the_acme_request_to_the_signature(traced, collector, folder, form):
    host = traced.host()
    Lego(traced, folder).obtain_by_http(host)

    def whole_trace():
        by_trace = {}
        for trace, _, _, name, service in collector.spans:
            by_trace.setdefault(trace, []).append((service, name))
        wanted = ["acme", "clm", "cara", "signer"]
        for spans in by_trace.values():
            names = " ".join(name for _, name in spans)
            if all(part in names for part in (*wanted, "Enroll", "Issue", "Sign")):
                return spans
        raise AssertionError({trace: sorted({name for _, name in spans}) for trace, spans in by_trace.items()})

    spans = until("the trace is whole", whole_trace, 30)
    if form.startswith("many"):
        assert {"acme", "clm-api", "cara-ws", "signer"} <= {service for service, _ in spans}


def test_metrics_and_logs_reach_the_collector(traced, collector, folder):
    Lego(traced, folder).obtain_by_http(traced.host())
    traced.stop()  # whatever has not been sent leaves now

    def sent():
        metrics, logs = (b"".join(collector.bodies[kind]) for kind in ("MetricsService", "LogsService"))
        assert b"ers_signer_signatures" in metrics
        assert b"certificate issued" in logs
        return True

    until("metrics and logs are sent", sent, 30)


def test_metrics_count_and_name_nobody(platform, host, folder):
    Lego(platform, folder).obtain_by_http(host)

    def told():
        return "\n".join(run("curl", "-sSf", f"{url}/metrics").stdout for url in platform.health_urls)

    text = told()
    for metric in ("ers_signer_signatures", "ers_clm_enrollments", "ers_acme_orders", "ers_revinfo_answers"):
        assert re.search(rf"^# TYPE {metric}", text, re.MULTILINE) or metric == "ers_revinfo_answers", text
    assert re.search(r'^ers_signer_signatures_total\{.*purpose="certificate".*\} [1-9]', text, re.MULTILINE), text
    assert host.name not in text
    before = _count(text)
    Lego(platform, folder / "again").obtain_by_http(host)
    assert _count(told()) == before + 1


def _count(text):
    found = re.findall(r'^ers_clm_enrollments_total\{.*outcome="issued".*protocol="acme".*\} (\d+)', text, re.MULTILINE)
    return sum(map(int, found))
