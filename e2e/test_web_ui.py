"""The web apps where they stand: in one process and behind an ingress. What happens in it is told in ui/stories.

Promises:
- They are served in every form, under their policy, compressed; their paths begin with their page; their script is there.
- The landing page of `ers up` leads to them.
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


@pytest.mark.parametrize("app", ["/clm-ui", "/cara-admin"])
def test_the_web_apps_are_served_under_their_policy(platform, app):
    status, headers, page = fetch(platform, f"{app}/certificates?state=valid")
    assert status == 200 and '<div id="root">' in page, page
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert headers["cache-control"] == "no-cache"
    assert fetch(platform, f"{app}/", "--header", f"If-None-Match: {headers['etag']}")[0] == 304

    script = re.search(rf'src="({app}/assets/[^"]+\.js)"', page).group(1)
    status, headers, _ = fetch(platform, script, "--header", "Accept-Encoding: gzip", "--head")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert "immutable" in headers["cache-control"]
    assert fetch(platform, f"{app}/assets/of-yesterday.js")[0] == 404


@pytest.mark.forms("sqlite")
def test_the_landing_page_leads_to_them(platform):
    page = fetch(platform, "/")[2]
    assert 'href="/clm-ui/"' in page and 'href="/cara-admin/"' in page
