"""The web app where it stands: in one process and behind an ingress. What happens in it is told in ui/stories.

Promises:
- It is served in every form, under its policy, compressed; its paths begin with its page; its script is there.
- The landing page of `ers up` leads to it.
"""

import re

import pytest

from harness.process import run

pytestmark = pytest.mark.forms("sqlite", "many-postgresql")


def fetch(platform, path, *more):
    """Status, headers in lower case, body."""
    outcome = run("curl", "--silent", "--show-error", "--include", "--http1.1", "--cacert", platform.root, *more,
                  f"{platform.url}{path}")
    head, _, body = outcome.stdout.replace("\r", "").partition("\n\n")
    status, *lines = head.split("\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    return int(status.split()[1]), headers, body


def test_the_web_app_is_served_under_its_policy(platform):
    status, headers, page = fetch(platform, "/clm-ui/certificates?state=valid")
    assert status == 200 and '<div id="root">' in page, page
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert headers["cache-control"] == "no-cache"
    assert fetch(platform, "/clm-ui/", "--header", f"If-None-Match: {headers['etag']}")[0] == 304

    script = re.search(r'src="(/clm-ui/assets/[^"]+\.js)"', page).group(1)
    status, headers, _ = fetch(platform, script, "--header", "Accept-Encoding: gzip", "--head")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert "immutable" in headers["cache-control"]
    assert fetch(platform, "/clm-ui/assets/of-yesterday.js")[0] == 404


@pytest.mark.forms("sqlite")
def test_the_landing_page_leads_to_it(platform):
    assert 'href="/clm-ui/"' in fetch(platform, "/")[2]
