"""A kubectl for what the documentation shows an operator: it reads Secrets of a release and opens ways to its Services. Pages call
the release `ers`; here it has the stories' name."""

import base64
import json
import stat
import sys

from . import chart
from .process import Server

PROGRAM = '''\
#!{python}
import base64, json, re, sys

words = [word for word in sys.argv[1:] if not word.startswith("-")]
options = dict(zip(sys.argv, sys.argv[1:]))
assert options["-n"] == "pki", sys.argv
words.remove("pki")
if words[0] == "get" and words[1] in ("secret", "secrets"):
    path = options["-o"].removeprefix("jsonpath=")
    words.remove(options["-o"])
    [name] = words[2:]
    key = re.fullmatch(r"{{\\.data\\.(.+)}}", path)[1].replace("\\\\.", ".")
    print(json.load(open({secrets!r}))[name][key], end="")
elif words[0] == "port-forward":
    import asyncio
    service, ports = words[1:]
    here, there = ports.split(":")
    there = json.load(open({ports!r}))[service + ":" + there]

    async def copy(reader, writer):
        while octets := await reader.read(65536):
            writer.write(octets)
            await writer.drain()
        writer.close()

    async def one(reader, writer):
        other = await asyncio.open_connection("127.0.0.1", there)
        await asyncio.gather(copy(reader, other[1]), copy(other[0], writer))

    async def serve():
        async with await asyncio.start_server(one, "127.0.0.1", int(here)) as server:
            await server.serve_forever()

    asyncio.run(serve())
else:
    sys.exit("not known here: " + " ".join(sys.argv))
'''


def install(folder, release, secrets):
    """Puts it into a folder, which is to be first in PATH; `secrets`: those of the release that may be asked for."""
    told = {name: {key: base64.b64encode(value).decode() for key, value in release.secret(f"{chart.RELEASE}-{name.removeprefix('ers-')}").items()}
            for name in secrets}
    ports = {f"service/ers-{service.removeprefix(f'{chart.RELEASE}-')}:{port}": here for (service, port), here in release.ports.items()}
    folder.mkdir()
    (folder / "secrets.json").write_text(json.dumps(told))
    (folder / "ports.json").write_text(json.dumps(ports))
    program = folder / "kubectl"
    program.write_text(PROGRAM.format(python=sys.executable, secrets=str(folder / "secrets.json"), ports=str(folder / "ports.json")))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def forwards(folder, text, ports):
    """Runs each line, a `kubectl port-forward`, until it is stopped; `ports`: those of the page, and what they are here."""
    servers = []
    for number, line in enumerate(text.strip().splitlines()):
        for old, new in ports.items():
            line = line.replace(f" {old}:", f" {new}:")
        servers.append(Server(f"forward-{number}", [folder / "kubectl", *line.split()[1:]], folder))
    return servers
