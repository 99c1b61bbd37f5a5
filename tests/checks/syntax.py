#!/usr/bin/env python3
"""Compiles every C file of the preset mingw as other compilers would: syntax.py MODE COMPILE_COMMANDS FAULTS

MODE msvc   clang as MSVC for x64: what MSVC refuses or warns of at /W4, and gcc accepts
MODE arm64  clang as mingw-w64 for arm64

The headers are those of mingw-w64. Nothing is generated. First it must find every fault of
FAULTS, the file syntax_faults.c. Ends with 0 if there is no message, 77 if clang or a header is missing.
"""
import concurrent.futures
import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

HEADERS = '/usr/share/mingw-w64/include'
MODES = {
    'msvc': [
        '--target=x86_64-pc-windows-msvc', '-fms-compatibility', '-fms-compatibility-version=19.40',
        # For mingw's headers, which ask for gcc. Our own sources ask for _MSC_VER first.
        '-D__GNUC__=4', '-D__GNUC_MINOR__=2', '-D__declspec=__declspec',
        '-Wunreachable-code-aggressive',  # C4702
        '-Wlanguage-extension-token',
        '-Wno-format-nonliteral', '-Wno-#warnings',  # PRINTF_FORMAT is empty for MSVC; headers of clang 19
    ],
    'arm64': ['--target=aarch64-w64-mingw32'],
}

ENUM = re.compile(r'\benum\b\s*\w*\s*\{([^}]*)\}')
OPERATION = re.compile(r'(\S)\s*\b([A-Za-z_]\w*)\s*(\+|-|\*|/|%|\||&|\^|[<>=!]=|<|>)\s*([A-Za-z_]\w*)\b')


def without_comments(text):
    text = re.sub(r'/\*.*?\*/', lambda match: re.sub(r'[^\n]', ' ', match.group()), text, flags=re.S)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


@functools.lru_cache(None)
def read(name):
    with open(name, encoding='utf-8') as file:
        return without_comments(file.read())


def enumerators(names):
    """Each enumerator, and the enums (file and place) that have one of this name."""
    owners = {}
    for name in names:
        for enum in ENUM.finditer(read(name)):
            for item in re.sub(r'\([^()]*\)', '', enum.group(1)).split(','):
                word = re.match(r'\s*(?:#.*\n\s*)*(\w+)', item)
                if word:
                    owners.setdefault(word.group(1), set()).add((name, enum.start()))
    return owners


def mixed_enums(name, owners):
    """Constants of two enums in one operation. For clang they are of the type int, as C has it; MSVC keeps
    their enum (C5287). A cast before the first one is the answer, and more of a sum before it is no fault."""
    for match in OPERATION.finditer(read(name)):
        before, left, operator, right = match.groups()
        if before == ')' or before in '*/%' or (before in '+-' and operator not in '*/%'):
            continue
        if left in owners and right in owners and not owners[left] & owners[right]:
            line = read(name).count('\n', 0, match.start(2)) + 1
            yield f'{name}:{line}:1: error: {left} {operator} {right} are of different enums [C5287]\n'


def compile_file(mode, options, name):
    command = ['clang', '-fsyntax-only', '-isystem', HEADERS, *options, *MODES[mode], name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def sources(path):
    """The C files, each with the options that matter here."""
    with open(path, encoding='utf-8') as file:
        entries = json.load(file)
    return {entry['file']: [word for word in shlex.split(entry['command'])
                            if re.match(r'-([DIW]|std=)', word) and 'FORTIFY' not in word]
            for entry in entries if entry['file'].endswith('.c')}


def headers(names):
    roots = {os.path.dirname(name) for name in names}
    return [os.path.join(root, name) for root in roots for name in os.listdir(root) if name.endswith('.h')]


def finds_faults(mode, options, faults):
    """Whether the faults that are expected in this mode are found."""
    text = open(faults, encoding='utf-8').read()
    expected = {(number, warning) for number, line in enumerate(text.split('\n'), 1)
                for warning in re.findall(rf'expect {mode}: (\S+)', line)}
    messages = compile_file(mode, [*options, '-ferror-limit=0'], faults)
    if mode == 'msvc':
        messages += ''.join(mixed_enums(faults, enumerators([faults])))
    found = {(int(line), warning.replace('-Werror,', ''))
             for line, warning in re.findall(r':(\d+):\d+: error: .*\[(\S+)\]', messages)}
    if not expected or not expected <= found:
        print(f'syntax_faults.c: not found: {sorted(expected - found)}\n{messages}')
        return False
    return True


def main():
    mode, path, faults = sys.argv[1:]
    if shutil.which('clang') is None or not os.path.exists(HEADERS + '/windows.h'):
        print('skipped: clang or the headers of mingw-w64 are missing')
        return 77
    files = sources(path)
    if not finds_faults(mode, next(iter(files.values())), faults):
        return 1
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        messages = list(pool.map(lambda name: compile_file(mode, files[name], name), files))
    if mode == 'msvc':
        names = [*files, *headers(files)]
        owners = enumerators(names)
        messages += [message for name in names for message in mixed_enums(name, owners)]
    print(''.join(messages), end='')
    failed = sum(map(bool, messages))
    print(f'{len(files)} files, {failed} with messages')
    return 1 if failed or not files else 0


sys.exit(main())
