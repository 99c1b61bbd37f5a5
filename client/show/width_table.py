"""Writes width_table.h from the Unicode data of this Python: python3 width_table.py > width_table.h

Zero columns: marks (Mn, Me), the format characters (Cf) that show nothing, and the vowels and
finals of conjoining Hangul. Two columns: what East Asian Width calls wide (W) or full (F).
Code points without an assignment join the ranges around them.
"""
import unicodedata

SHOWN_FORMAT = {0xAD, 0x6DD, 0x70F, 0x8E2, 0x890, 0x891, 0x110BD, 0x110CD, *range(0x600, 0x606)}


def is_zero(code):
    category = unicodedata.category(chr(code))
    if category == "Cf":
        return code not in SHOWN_FORMAT
    return category in ("Mn", "Me") or 0x1160 <= code <= 0x11FF


def is_wide(code):
    return unicodedata.east_asian_width(chr(code)) in "WF" and not is_zero(code)


def ranges(test):
    first = last = None
    for code in range(0x80, 0x110000):
        if unicodedata.category(chr(code)) in ("Cn", "Cs"):
            continue
        if test(code):
            first = code if first is None else first
            last = code
        elif first is not None:
            yield first, last
            first = None
    if first is not None:
        yield first, last


def table(name, test):
    print(f"static const struct width_range {name}[] = {{")
    cells = [f"{{0x{a:04x}, 0x{b:04x}}}," for a, b in ranges(test)]
    for start in range(0, len(cells), 4):
        print("    " + " ".join(cells[start : start + 4]))
    print("};")


print("/* Written by width_table.py from Unicode", unicodedata.unidata_version + "; see there. */")
print("#ifndef CLIENT_SHOW_WIDTH_TABLE_H\n#define CLIENT_SHOW_WIDTH_TABLE_H\n\n#include <stdint.h>\n")
print("struct width_range {\n    uint32_t first, last;\n};\n")
print("/* clang-format off */")
table("width_zero", is_zero)
print()
table("width_two", is_wide)
print("/* clang-format on */\n\n#endif")
