"""Spoils bytes by a seed: as disks, editors, transfers and people do."""

import random
import re
from collections.abc import Callable

Spoil = Callable[[bytes, random.Random], bytes]

ODD = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"\x85", b"\x1a", b"\x0c"),
    *(
        "\u00a0",
        "\u202e",
        "\u2028",
        "\u0661",
        "e\u0301",
        "\U0001f600",
        "\ufeff",
        "\u00b2",
        "\u3000",
    ),
    *(b'"', b"'", b",", b";", b"\t", b"::", b"\r", b"\n", b"\r\n", b"\\", b"{", b"[", b"}", b"]"),
    *(b"#", b"=1+1", b"%s", b"\x1b[2J", b"-", b"+", b"e", b"_", b"nan", b"null", b"true"),
)
NUMBERS = (
    *(b"1e400", b"-1e39", b"9" * 25, b"1" + b"0" * 400, b"9" * 5000, b"-0", b"00", b"0x1f"),
    *(b"Infinity", b"NaN", b"-9223372036854775809", b"18446744073709551616", b"1e-999", b"5e-324"),
    *(b"2009-02-30", b"9999-12-31 23:59:60", b"1_000", b"", b"3,5", b"1.2.3"),
)


def spoiled(data: bytes, draw: random.Random) -> bytes:
    """Return the bytes with one to three harms done to them, never the same as before."""
    found = data
    while found == data:
        for spoil in draw.choices(SPOILS, k=draw.choice((1, 1, 2, 3))):
            found = spoil(found, draw)
    return found


def _odd(draw: random.Random) -> bytes:
    one = draw.choice(ODD)
    return one.encode() if isinstance(one, str) else one


def _place(data: bytes, draw: random.Random) -> int:
    """Return a place in the bytes; in a third of cases near the beginning, where headers are."""
    return draw.randrange(min(len(data), 80) + 1 if draw.random() < 1 / 3 else len(data) + 1)


def flip(data: bytes, draw: random.Random) -> bytes:
    at = _place(data, draw)
    return (
        data[:at]
        + bytes(byte ^ 1 << draw.randrange(8) for byte in data[at : at + 1])
        + data[at + 1 :]
    )


def other_byte(data: bytes, draw: random.Random) -> bytes:
    at = _place(data, draw)
    return data[:at] + draw.randbytes(1) + data[at + 1 :]


def insert(data: bytes, draw: random.Random) -> bytes:
    at = _place(data, draw)
    return data[:at] + _odd(draw) + data[at:]


def insert_random(data: bytes, draw: random.Random) -> bytes:
    at = _place(data, draw)
    return data[:at] + draw.randbytes(draw.randint(1, 8)) + data[at:]


def delete(data: bytes, draw: random.Random) -> bytes:
    at = _place(data, draw)
    return data[:at] + data[at + draw.choice((1, 1, 2, 5, 50)) :]


def double(data: bytes, draw: random.Random) -> bytes:
    at, size = _place(data, draw), draw.choice((1, 2, 10, 100))
    return data[: at + size] + data[at:]


def cut_off(data: bytes, draw: random.Random) -> bytes:
    return data[: _place(data, draw)]


def zeros(data: bytes, draw: random.Random) -> bytes:
    """Zero a stretch, as a file system may after a power cut."""
    at, size = _place(data, draw), draw.choice((1, 8, 64, 4096))
    return data[:at] + bytes(len(data[at : at + size])) + data[at + size :]


def splice(data: bytes, draw: random.Random) -> bytes:
    """Put a stretch from elsewhere over another."""
    source, target, size = _place(data, draw), _place(data, draw), draw.randint(1, 40)
    piece = data[source : source + size]
    return data[:target] + piece + data[target + len(piece) :]


def swap_lines(data: bytes, draw: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if len(lines) > 1:
        one, other = draw.sample(range(len(lines)), 2)
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def repeat_line(data: bytes, draw: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        lines.insert(draw.randrange(len(lines) + 1), draw.choice(lines))
    return b"".join(lines)


def drop_line(data: bytes, draw: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        del lines[draw.randrange(len(lines))]
    return b"".join(lines)


def other_number(data: bytes, draw: random.Random) -> bytes:
    found = list(re.finditer(rb"[0-9][0-9.]*", data[:200_000]))
    if not found:
        return insert(data, draw)
    one = draw.choice(found)
    return data[: one.start()] + draw.choice(NUMBERS) + data[one.end() :]


def deep(data: bytes, draw: random.Random) -> bytes:
    """Open thousands of brackets: parsers that call themselves have an end."""
    at = _place(data, draw)
    return (
        data[:at]
        + draw.choice((b"[", b"{", b'"', b"(", b'{"a":')) * draw.choice((20, 100_000))
        + data[at:]
    )


SPOILS: tuple[Spoil, ...] = (
    *(flip, flip, other_byte, insert, insert, insert_random, delete, double, cut_off, zeros),
    *(splice, swap_lines, repeat_line, drop_line, other_number, other_number, deep),
)
