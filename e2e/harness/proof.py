"""What must be true of the platform's tables at any time, read with the databases' own clients."""

from collections import Counter

from .waiting import until

CERTIFICATE = 1  # ers.signer.v1.Purpose


def signed(platform):
    """Every certificate that the signer's journal says was signed: [(journal place, serial)]."""
    select = f"select chain, sequence, {platform.database.hex('to_be_signed')} from journal_entry where purpose = {CERTIFICATE}"
    return [(f"{chain} {sequence}", _serial(bytes.fromhex(data))) for chain, sequence, data in platform.rows("signer", select)]


def issued(platform):
    """Every certificate that CARA knows: [(issuer, serial, request, revoked)]."""
    select = "select issuer, serial, request_id, case when revoked_at is null then 0 else 1 end from certificate"
    return platform.rows("cara", select)


def inventory(platform):
    """Every certificate that the command line lists, all pages: {(issuer, serial): state}."""
    found, token = {}, None
    while True:
        more = ["--page", token] if token else []
        page = platform.ers_json("cert", "list", "--limit", "500", *more)
        for row in page["certificates"]:
            key = (row["issuer"], row["serial"])
            assert key not in found, f"listed twice: {key}"
            found[key] = row["state"]
        token = page["next_page"]
        if not token:
            return found


def nothing_is_unknown_or_double(platform):
    """No signature unknown to CARA, no serial twice, no request with two certificates, the journal verifies, and CLM's
    inventory is what CARA has issued."""

    def all_signed_are_known():
        # what stands in the journal since a crash is adopted when CARA starts, or a minute later
        known = {serial for _, serial, _, _ in issued(platform)} | set(_authorities(platform))
        unknown = [entry for entry in signed(platform) if entry[1] not in known]
        assert not unknown, f"{len(unknown)} signed and unknown to CARA: {unknown[:5]}"
        return True

    until("CARA knows everything that was signed", all_signed_are_known, 100)
    rows = issued(platform)
    twice = [serial for serial, count in Counter(serial for _, serial, _, _ in rows).items() if count > 1]
    assert not twice, f"serials that stand twice: {twice}"
    # what was signed in vain stands under "<request>#<serial>", revoked
    in_force = Counter(request.split("#")[0] for _, _, request, revoked in rows if revoked == "0")
    double = [request for request, count in in_force.items() if count > 1]
    assert not double, f"requests with two certificates: {double}"

    def inventory_is_what_was_issued():
        cara = {(issuer, serial): revoked == "1" for issuer, serial, _, revoked in issued(platform)}
        clm = {key: state == "revoked" for key, state in inventory(platform).items()}
        assert clm == cara, (
            f"only CARA: {sorted(cara.keys() - clm.keys())[:5]}, only CLM: {sorted(clm.keys() - cara.keys())[:5]}, "
            f"state differs: {[key for key in cara if key in clm and cara[key] != clm[key]][:5]}"
        )
        return True

    until("CLM's inventory equals CARA's", inventory_is_what_was_issued, 30)
    platform.ers("audit", "verify", seconds=120)
    return rows


def _authorities(platform):
    """Serials of the CAs' own certificates."""
    column = platform.database.hex("certificate")
    return [_serial(_element(bytes.fromhex(der))[1]) for (der,) in platform.rows("cara", f"select {column} from authority")]


def _serial(to_be_signed):
    """Serial number of a TBSCertificate, as ERS writes it."""
    _, content, _ = _element(to_be_signed)
    tag, value, rest = _element(content)
    if tag == 0xA0:  # [0] version
        tag, value, rest = _element(rest)
    assert tag == 0x02, "a serial number is an INTEGER"
    return f"{int.from_bytes(value, 'big'):x}"


def _element(der):
    """The first element of DER: its tag, its content, and what follows it."""
    tag, length, start = der[0], der[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(der[2:start], "big")
    return tag, der[start : start + length], der[start + length :]
