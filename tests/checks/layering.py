"""Checks the rules of the source tree: python3 layering.py ROOT

Prints one line per rule, then the violations. The last line is `N passed, N failed`.
"""

import os
import re
import sys

ROOT = sys.argv[1]
PRODUCT = ("common", "service", "client")

# A file may include headers of its own folder, of these, and of those that they may include.
LAYERS = {
    "common/base": [],
    "common/text": ["common/base"],
    "common/json": ["common/text"],
    "common/scan": ["common/text"],
    "common/proto": ["common/json"],
    "common/answer": ["common/proto", "common/scan"],
    "common/win32": ["common/answer"],
    "service": ["common/answer"],
    "service/win32": ["service", "common/win32"],
    "client/rows": ["common/answer"],
    "client/show": ["client/rows"],
    "client": ["client/show"],
    "client/win32": ["client", "common/win32"],
}
GENERATED = {"common/version.h": "common/base", "messages.h": "service/win32",
             "client/show/help_text.h": "client/show", "service/help_text.h": "service"}
TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "README.md",
             "build", "client", "common", "install", "service", "tests"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
WINDOWS = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<windows\.h>", re.M | re.I)
WINDOWS_TYPE = re.compile(r"\b(?:HANDLE|DWORD|wchar_t)\b")
NOISE = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
# A definition starts in the first column; its opening brace stands alone on a line.
DEFINITION = re.compile(r"^(?!static\b|typedef\b|#)[A-Za-z_][^;{}()]*?\b(\w+)\((?:[^(){};]|\([^()]*\))*\)\n\{", re.M)
WORD = re.compile(r"\b[A-Za-z_]\w*\b")

passed = failed = 0


def rule(text, violations):
    global passed, failed
    print(("ok      " if not violations else "FAILED  ") + text)
    for violation in violations:
        print("          " + violation)
    passed += not violations
    failed += bool(violations)


def find_files(folders, endings):
    found = []
    for folder in folders:
        for path, folders_below, names in os.walk(os.path.join(ROOT, folder)):
            folders_below[:] = [name for name in folders_below if name != "build"]
            found += [os.path.relpath(os.path.join(path, name), ROOT).replace(os.sep, "/")
                      for name in names if name.endswith(endings)]
    return sorted(found)


def read(file):
    with open(os.path.join(ROOT, file), encoding="utf-8") as stream:
        return stream.read()


def subject(file):
    """The pair of files that a file belongs to, without extension."""
    return os.path.splitext(file)[0]


def below(folder):
    """The folders whose headers a file of `folder` may include."""
    allowed = {folder}
    for layer in LAYERS.get(folder, []):
        allowed |= below(layer)
    return allowed


def find_circles(arrows):
    """The groups of subjects that reach each other (Tarjan, without recursion over groups of one)."""
    index, low, stack, on_stack, circles = {}, {}, [], set(), []
    for root in sorted(arrows):
        if root in index:
            continue
        work = [(root, iter(sorted(arrows[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(sorted(arrows.get(target, ())))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        group.append(member)
                        if member == node:
                            break
                    if len(group) > 1:
                        circles.append(" <-> ".join(sorted(group)))
    return circles


product = find_files(PRODUCT, (".c", ".h"))
everything = find_files(PRODUCT + ("tests",), (".c", ".h"))
texts = {file: read(file) for file in everything}
code = {file: NOISE.sub(" ", texts[file]) for file in product}

rule("only common/win32/win.h includes <windows.h>",
     [file for file in everything
      if WINDOWS.search(texts[file]) and file != "common/win32/win.h"])

rule("pure code names no Windows type",
     [f"{file}: {found.group(0)}" for file in product if "/win32/" not in file
      for found in [WINDOWS_TYPE.search(code[file])] if found])

rule("every folder of the product has its place in the order of layers",
     sorted({os.path.dirname(file) for file in product} - LAYERS.keys()))

violations = []
for file in product:
    for name in INCLUDE.findall(texts[file]):
        folder = GENERATED.get(name, os.path.dirname(name))
        if name not in GENERATED and name not in texts:
            violations.append(f'{file}: "{name}" does not exist; name it from the root')
        elif folder not in below(os.path.dirname(file)):
            violations.append(f'{file}: "{name}" lies above {os.path.dirname(file)}')
rule("includes name files from the root, and folders include only those below them", violations)

# An arrow between subjects is an include, or a call of a function that the other one defines.
defined = {}
for file in product:
    if file.endswith(".c"):
        for name in DEFINITION.findall(code[file]):
            if name not in ("main", "wmain"):
                defined.setdefault(name, set()).add(subject(file))
arrows = {subject(file): set() for file in product}
for file in product:
    source = subject(file)
    for name in INCLUDE.findall(texts[file]):
        if name in texts:
            arrows[source].add(subject(name))
    if file.endswith(".c"):
        for word in set(WORD.findall(code[file])):
            arrows[source] |= {target for target in defined.get(word, ()) if
                               source not in defined[word]}
for source in arrows:
    arrows[source].discard(source)
rule("no two files call each other", find_circles(arrows))

rule("no private headers", [file for file in product if file.endswith("_private.h")])

names = {}
for file in product:
    # Both ends of the pipe have a file of that name; rooted includes keep them apart.
    if file.endswith(".h") and not file.endswith("/win32/pipe.h"):
        names.setdefault(os.path.basename(file), []).append(file)
rule("no two headers have the same name",
     [" ".join(files) for files in names.values() if len(files) > 1])

violations = []
for file in everything:
    if not file.endswith(".c") or file == "tests/checks/empty.c":
        continue
    folder, name = os.path.split(file)
    listed = False
    while not listed and folder:
        lists = os.path.join(ROOT, folder, "CMakeLists.txt")
        if os.path.exists(lists):
            pattern = r"[ \n(/]" + re.escape(file[len(folder) + 1:]) + r"[ \n)]"
            listed = re.search(pattern, read(f"{folder}/CMakeLists.txt")) is not None
        folder = os.path.dirname(folder)
    if not listed:
        violations.append(file)
rule("a CMakeLists.txt above it names each source", violations)

targets = read("tests/fuzz/CMakeLists.txt")
rule("each corpus has a fuzz target",
     [corpus for corpus in sorted(os.listdir(os.path.join(ROOT, "tests/fuzz/corpus")))
      if f"lsmap_fuzz_target({corpus} " not in targets])

rule("the top level is as agreed",
     [entry for entry in sorted(os.listdir(ROOT))
      if entry not in TOP_LEVEL and not entry.startswith(".")])

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
