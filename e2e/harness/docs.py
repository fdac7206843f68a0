"""What the documentation shows, to be run as it stands there."""

import textwrap
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs"


def shown(page, heading, number=0):
    """The code block of that number below a heading of a page: indented by four, or between fences."""
    lines = iter((FOLDER / page).read_text().splitlines())
    for line in lines:
        if line.startswith("#") and line.lstrip("#").strip() == heading:
            break
    else:
        raise AssertionError(f"{page} has no heading {heading!r}")
    blocks, block, fenced = [], [], False
    for line in lines:
        if not fenced and line.startswith("#"):
            break
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    ") or (block and not line.strip()):
            block.append(line)
            continue
        if block:
            blocks.append(textwrap.dedent("\n".join(block)).strip() + "\n")
            block = []
    if block:
        blocks.append(textwrap.dedent("\n".join(block)).strip() + "\n")
    assert len(blocks) > number, f"{page}, {heading}: there are {len(blocks)} code blocks"
    return blocks[number]


def filled(text, **words):
    """The text with other words; each must be in it."""
    for old, new in words.items():
        assert old in text, f"{old!r} is not in:\n{text}"
        text = text.replace(old, str(new))
    return text
