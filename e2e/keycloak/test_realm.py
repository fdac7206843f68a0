"""The chart's realm in Keycloak, started as its pod is.

Promises:
- the realm is imported whole: roles, groups, a client for each server, its secret from the Secret, its mappers
- a person logs in by the code flow with PKCE, as the web UI (with its secret) and as the command line (without one), and the tokens say
  their groups and roles in the words that CLM reads
- what must not work does not: no PKCE, another redirect, a wrong password, a wrong secret, passwords handed over by a client
- servers get tokens of their own; behind the ingress it calls itself by its public name; what is imported once is not imported over
"""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from harness.chart import QUICKSTART, RELEASE, render
from harness.keycloak import URL, Keycloak
from harness.servers import PostgreSql

PERSON, PASSWORD = "devops", "changeit"
WEB, LOOPBACK = f"{URL}/clm-ui/signed-in", "http://127.0.0.1:41234/back"
SERVERS = {"clm-server", "acme-server", "est-server", "cmp-server", "scep-server"}


@pytest.fixture(scope="module")
def keycloak(run_folder, world):
    running = Keycloak.alone(run_folder / "keycloak", world.server(PostgreSql))
    try:
        yield running.start().until_ready()
    finally:
        running.stop()


def test_the_realm_is_imported_whole(keycloak):
    admin = keycloak.administrator()
    realm = admin.json("GET", "/ers")
    assert realm["enabled"] and not realm["registrationAllowed"] and realm["bruteForceProtected"] and realm["sslRequired"] == "external"
    roles = {role["name"] for role in admin.json("GET", "/ers/roles")}
    assert {"administrator", "approver", "operator", "auditor", "requester"} <= roles
    [group] = [found for found in admin.json("GET", "/ers/groups") if found["name"] == "pki-administrators"]
    mapped = admin.json("GET", f"/ers/groups/{group['id']}/role-mappings/realm")
    assert [role["name"] for role in mapped] == ["administrator"]
    [person] = admin.json("GET", f"/ers/users?username={PERSON}&exact=true")
    assert person["email"] == "devops@example.com" and person["emailVerified"] and person["enabled"]
    assert [found["name"] for found in admin.json("GET", f"/ers/users/{person['id']}/groups")] == ["pki-administrators"]


def test_each_server_has_a_client_with_the_secret_that_it_is_given(keycloak):
    admin = keycloak.administrator()
    clients = {client["clientId"]: client for client in admin.json("GET", "/ers/clients?max=100")}
    assert {*SERVERS, "clm-ui", "ers-cli"} <= clients.keys()
    for name in SERVERS | {"clm-ui"}:
        client = clients[name]
        kept = admin.json("GET", f"/ers/clients/{client['id']}/client-secret")["value"]
        assert kept == keycloak.clients[f"{name}-client-secret"] and len(kept) == 32, name
        assert not client["publicClient"] and not client["directAccessGrantsEnabled"] and not client["implicitFlowEnabled"]
        assert client["serviceAccountsEnabled"] == (name in SERVERS) and client["standardFlowEnabled"] == (name == "clm-ui")
    assert clients["clm-ui"]["redirectUris"] == [f"{URL}/clm-ui/*", f"{URL}/clm-api/*"] or set(clients["clm-ui"]["redirectUris"]) == {
        f"{URL}/clm-ui/*", f"{URL}/clm-api/*"}
    assert clients["ers-cli"]["publicClient"] and clients["ers-cli"]["attributes"]["pkce.code.challenge.method"] == "S256"
    mappers = {mapper["name"]: mapper["protocolMapper"] for mapper in clients["clm-ui"]["protocolMappers"]}
    assert mappers["roles"] == "oidc-usermodel-realm-role-mapper" and mappers["groups"] == "oidc-group-membership-mapper"


def claims(keycloak, token):
    """Claims of a token whose signature a key of the realm made."""
    status, text, _ = keycloak.browser().ask("GET", "/auth/realms/ers/protocol/openid-connect/certs")
    assert status == 200
    head, body, signature = token.split(".")
    decode = lambda part: base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))  # noqa: E731
    number = lambda part: int.from_bytes(decode(part), "big")  # noqa: E731
    header = json.loads(decode(head))
    assert header["alg"] == "RS256"
    [key] = [found for found in json.loads(text)["keys"] if found["kid"] == header["kid"]]
    public = rsa.RSAPublicNumbers(number(key["e"]), number(key["n"])).public_key()
    public.verify(decode(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), SHA256())
    return json.loads(decode(body))


@pytest.mark.parametrize("client,redirect", [("clm-ui", WEB), ("ers-cli", LOOPBACK)])
def test_a_person_logs_in_and_the_tokens_say_their_groups_and_roles(keycloak, client, redirect):
    secret = keycloak.clients.get(f"{client}-client-secret")
    status, tokens = keycloak.log_in(client, redirect, PERSON, PASSWORD, secret)
    assert status == 200, tokens
    told = claims(keycloak, tokens["id_token"])
    assert told["iss"] == f"{URL}/auth/realms/ers" and told["aud"] == client and told["nonce"] == "n-1"
    assert told["groups"] == ["pki-administrators"] and "administrator" in told["roles"]
    assert told["email"] == "devops@example.com" and told["preferred_username"] == PERSON
    access = claims(keycloak, tokens["access_token"])
    audience = access["aud"] if isinstance(access["aud"], list) else [access["aud"]]
    assert "clm-server" in audience and access["groups"] == ["pki-administrators"] and access["exp"] - access["iat"] == 300

    browser = keycloak.browser()
    more = {"client_secret": secret} if secret else {}
    status, again = browser.post("/auth/realms/ers/protocol/openid-connect/token", grant_type="refresh_token", client_id=client,
                                 refresh_token=tokens["refresh_token"], **more)
    assert status == 200 and claims(keycloak, again["access_token"])["sub"] == access["sub"]
    status, _, _ = browser.ask("POST", "/auth/realms/ers/protocol/openid-connect/logout",
                               f"client_id={client}&refresh_token={again['refresh_token']}" + (f"&client_secret={secret}" if secret else ""))
    assert status == 204
    status, refused = browser.post("/auth/realms/ers/protocol/openid-connect/token", grant_type="refresh_token", client_id=client,
                                   refresh_token=again["refresh_token"], **more)
    assert status == 400 and refused["error"] == "invalid_grant"


def test_what_must_not_work_does_not(keycloak):
    secret = keycloak.clients["clm-ui-client-secret"]
    assert keycloak.log_in("clm-ui", WEB, PERSON, "wrong", secret)[0] == 200, "the page again, and no code"
    assert keycloak.log_in("clm-ui", WEB, PERSON, PASSWORD, "wrong")[0] == 401
    assert keycloak.log_in("clm-ui", "https://elsewhere.example.com/", PERSON, PASSWORD, secret)[0] == 400
    assert keycloak.log_in("ers-cli", "http://192.0.2.1/back", PERSON, PASSWORD)[0] == 400
    browser = keycloak.browser()
    status, _, headers = browser.ask("GET", "/auth/realms/ers/protocol/openid-connect/auth?response_type=code&client_id=ers-cli&scope=openid"
                                            "&redirect_uri=http://127.0.0.1:41234/back&state=s")
    assert status == 302 and "error=invalid_request" in headers["location"], "no PKCE"
    status, refused = browser.post("/auth/realms/ers/protocol/openid-connect/token", grant_type="password", client_id="ers-cli",
                                   username=PERSON, password=PASSWORD)
    assert status in (400, 401) and refused["error"] == "unauthorized_client"


def test_servers_get_tokens_of_their_own(keycloak):
    for name in sorted(SERVERS):
        status, tokens = keycloak.browser().post("/auth/realms/ers/protocol/openid-connect/token", grant_type="client_credentials", client_id=name,
                                                 client_secret=keycloak.clients[f"{name}-client-secret"])
        assert status == 200, (name, tokens)
        assert claims(keycloak, tokens["access_token"])["azp"] == name


def test_a_device_without_a_browser_is_given_a_code(keycloak):
    status, told = keycloak.browser().post("/auth/realms/ers/protocol/openid-connect/auth/device", client_id="ers-cli", scope="openid",
                                           code_challenge="x" * 43, code_challenge_method="S256")
    assert status == 200 and told["verification_uri"] == f"{URL}/auth/realms/ers/device", told


def test_it_calls_itself_by_its_public_name_and_is_measured(keycloak):
    status, text, _ = keycloak.browser().ask("GET", "/auth/realms/ers/.well-known/openid-configuration")
    told = json.loads(text)
    assert status == 200 and told["issuer"] == f"{URL}/auth/realms/ers"
    for key in ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint", "device_authorization_endpoint"):
        assert told[key].startswith(f"{URL}/auth/realms/ers/"), key
    assert "S256" in told["code_challenge_methods_supported"]
    assert "jvm_memory_used_bytes" in keycloak.metrics()


def test_what_administrators_changed_is_not_imported_over(keycloak):
    admin = keycloak.administrator()
    admin.json("POST", "/ers/groups", {"name": "own-group"})
    keycloak.server.stop()
    keycloak.server.start()
    keycloak.until_ready()
    groups = {found["name"] for found in keycloak.administrator().json("GET", "/ers/groups")}
    assert groups == {"own-group", *(f"pki-{group}" for group in ("administrators", "approvers", "auditors", "operators", "requesters"))}


def test_the_image_is_of_the_version_that_is_tested():
    from harness.keycloak import installed

    image = render(QUICKSTART)["StatefulSet", f"{RELEASE}-keycloak"]["spec"]["template"]["spec"]["containers"][0]["image"]
    assert installed().name.removeprefix("keycloak-") == image.rpartition(":")[2]
