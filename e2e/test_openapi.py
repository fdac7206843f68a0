"""CLM's REST interface, judged by schemathesis from its OpenAPI document.

Promises:
- Whatever is sent, no answer is a server error, and each has a status, a media type and a shape that the document tells.
- What the document shows as examples is what its schemas say.
"""

import json
import os
from pathlib import Path

import pytest

from harness.process import run
from harness.rest import Rest

TOOL = Path(os.environ.get("ERS_TOOLS", Path.home() / ".cache/ers/tools")) / "schemathesis/bin"
PASSWORD = "a password that only this story knows"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# these end the login that the others need, or leave the platform by way of the provider
NOT_ASKED = "session|account|/people/.*/password|oidc"

# schemas by their own words, as JSON Schema 2020-12
JUDGE = """
import json, sys, jsonschema_rs
document = json.load(open(sys.argv[1]))
for name, schema in document["components"]["schemas"].items():
    if "example" in schema:
        whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(schema["example"]):
            print(f"{name}: {error.message}")
"""


@pytest.fixture
def rest(own_platform, folder):
    file = folder / "password"
    file.write_text(PASSWORD)
    own_platform.ers("password", "administrator", "--password-file", file)
    client = Rest(own_platform)
    status, _, body = client.log_in(PASSWORD)
    assert status == 200, body
    return client


@pytest.mark.forms("sqlite")
def test_every_answer_is_as_the_document_tells(rest, own_platform, folder):
    status, _, document = rest("GET", "/openapi.json")
    assert status == 200
    file = folder / "openapi.json"
    file.write_text(json.dumps(document))
    assert run(TOOL / "python", "-c", JUDGE, file).stdout == ""

    config = folder / "schemathesis.toml"
    config.write_text(f'headers = {{ Authorization = "Bearer {rest.token}" }}\n')
    run(TOOL / "schemathesis", "--config-file", config, "run", file, "--url", own_platform.url, "--tls-verify", own_platform.root,
        "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--seed", "1", "--no-shrink",
        "--continue-on-failure", "--exclude-path-regex", NOT_ASKED, cwd=folder, seconds=300)
