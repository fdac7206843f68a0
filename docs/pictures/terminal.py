#!/usr/bin/env python3
"""Draws a terminal session as SVG: `terminal.py TITLE < session.txt > picture.svg`. Lines that begin with "$ " are commands."""

import html
import sys

LINE, WIDTH, LEFT, TOP = 20, 8.4, 24, 64


def text(line):
    """Escaped, with spaces that no renderer folds."""
    return html.escape(line).replace(" ", "\u00a0")


def main():
    title, lines = sys.argv[1], sys.stdin.read().rstrip("\n").split("\n")
    width = int(LEFT * 2 + WIDTH * max(len(line) for line in lines))
    height = TOP + LINE * len(lines) + 12
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{html.escape(title)}">\n'
        f'<rect width="{width}" height="{height}" rx="10" fill="#0d1117"/>\n'
        '<circle cx="24" cy="22" r="6" fill="#ff5f57"/><circle cx="44" cy="22" r="6" fill="#febc2e"/>'
        '<circle cx="64" cy="22" r="6" fill="#28c840"/>\n'
        f'<text x="{width / 2}" y="27" text-anchor="middle" font-family="system-ui, sans-serif" font-size="13" fill="#8b949e">'
        f"{html.escape(title)}</text>\n"
        '<g font-family="ui-monospace, SFMono-Regular, DejaVu Sans Mono, monospace" font-size="14" fill="#c9d1d9">'
    )
    for number, line in enumerate(lines):
        colour = ' fill="#7ee787"' if line.startswith("$ ") else ""
        print(f'<text x="{LEFT}" y="{TOP + LINE * number}"{colour}>{text(line)}</text>')
    print("</g>\n</svg>")


main()
