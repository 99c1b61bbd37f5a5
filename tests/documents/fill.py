"""Replaces outputs in a document that differ from what the commands really print.

    ctest --preset mingw -R documents.client -V | python3 tests/documents/fill.py client/README.md

Review the changes before you keep them: a replaced block loses its `...` wildcards, except for those in
WILDCARDS.
"""
import re
import sys

# Texts that differ from machine to machine.
WILDCARDS = [
    (r'"host":"[^"]*"', '"host":"..."'),
    (r'"scan_id":"[^"]*"', '"scan_id":"..."'),
    (r"(?m)^(host|user):(\s+).*", r"\1:\2..."),
]


def main():
    name = sys.argv[1]
    said = re.sub(r"(?m)^\d+: ", "", sys.stdin.buffer.read().decode().replace("\r", ""))
    said = re.sub(r"(?m)^\d+ passed, \d+ failed\n(.|\n)*", "", said)
    said = re.sub(r"(?m)^`.*` is not understood\n.*\n", "", said)
    with open(name, encoding="utf-8", newline="") as document:
        lines = document.read().split("\n")
    steps = re.split(r"(?m)^line (\d+): > (.*)\n  (?:prints|the exit code is|ended with .*)\n", said)
    steps = list(zip(steps[1::3], steps[2::3], steps[3::3]))
    for number, command, output in reversed(steps):
        first = int(number)
        if lines[first - 1] != "> " + command:
            sys.exit(f"{name}:{number} is not the command: > {command}")
        last = first
        while lines[last] != "```" and not lines[last].startswith("> "):
            last += 1
        for pattern, text in WILDCARDS:
            output = re.sub(pattern, text, output)
        lines[first:last] = output.strip("\n").split("\n")
    with open(name, "w", encoding="utf-8", newline="") as document:
        document.write("\n".join(lines))
    print(f"{name}: {len(steps)} blocks changed")


main()
