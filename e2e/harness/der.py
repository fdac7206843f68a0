"""DER as far as stories need it that say what no client of ours says."""


def tlv(tag, *content):
    """An element."""
    octets = b"".join(content)
    length = len(octets)
    long = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([length]) if length < 128 else bytes([0x80 | len(long)]) + long) + octets


def children(element):
    """The elements in an element, each whole."""
    found, rest = [], content(element)
    while rest:
        size = _header(rest)[0] + _header(rest)[1]
        found.append(rest[:size])
        rest = rest[size:]
    return found


def content(element):
    """What is in an element."""
    header, length = _header(element)
    return element[header:header + length]


def whole(octets):
    """The element that octets begin with."""
    return octets[:sum(_header(octets))]


def _header(element):
    if element[1] < 128:
        return 2, element[1]
    size = element[1] & 0x7f
    return 2 + size, int.from_bytes(element[2:2 + size], "big")


def oid(dotted):
    first, second, *rest = (int(part) for part in dotted.split("."))
    octets = bytearray()
    for number in (40 * first + second, *rest):
        part = [number & 0x7f]
        while number := number >> 7:
            part.append(0x80 | number & 0x7f)
        octets += bytes(reversed(part))
    return tlv(0x06, bytes(octets))
