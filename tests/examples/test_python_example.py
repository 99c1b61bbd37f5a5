"""Tests the Python example with made-up replies: python3 test_python_example.py EXAMPLE

A stream in memory takes the place of the pipe; it returns a few bytes at a time, as a pipe may.
"""
import contextlib
import errno
import importlib.util
import io
import json
import sys
import types

PROCESS = {"type": "process", "pid": 7, "name": "a.exe", "access": "full"}
DATA = {"type": "map", "base": "0x0000000000010000", "size": 4096, "path": "C:\\\u00e9\U0001f600",
        "device_path": "\\Device\\X"}
NO_PATH = dict(DATA, path=None)
FAILED = {"type": "process_error", "pid": 7, "message": "Windows refuses."}
UNMATCHED = {"type": "process_error", "pid": 7, "stage": "select", "message": "No such pid."}
REFUSED = {"type": "error", "code": "denied", "message": "No."}
LINE = "0x0000000000010000\t4096\t"


def end(rows, complete=True):
    return {"type": "end", "rows": rows, "complete": complete}


# name, rows of the reply, what is wrong, stdout
CASES = [
    ("complete", [PROCESS, DATA, end(2)], None, LINE + "C:\\\u00e9\U0001f600\n"),
    ("no path", [PROCESS, NO_PATH, end(2)], None, LINE + "\\Device\\X\n"),
    ("nothing mapped", [PROCESS, end(1)], None, ""),
    ("an unknown row type", [{"type": "later"}, end(1)], None, ""),
    ("not complete", [PROCESS, FAILED, end(2, False)], "Windows refuses.", ""),
    ("no such process", [UNMATCHED, end(1)], "No such pid.", ""),
    ("rows are missing", [PROCESS, end(2)], "rows are missing", ""),
    ("refused", [REFUSED], "No.", ""),
    ("cut off", [PROCESS], "the reply was cut off", ""),
    ("no answer", [], "the reply was cut off", ""),
]


class Pipe(io.RawIOBase):
    def __init__(self, reply):
        self.reply, self.request = reply, b""

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, target):
        piece, self.reply = self.reply[: min(len(target), 5)], self.reply[min(len(target), 5):]
        target[: len(piece)] = piece
        return len(piece)

    def write(self, data):
        self.request += bytes(data)
        return len(data)


def play(example, rows):
    pipe = Pipe("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    example.open = lambda name, mode, buffering: pipe
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        problem = example.list_data_files(7, "pipe")
    return json.loads(pipe.request), problem, shown.getvalue()


def busy_cases(example):
    """Yields a name and whether it went well, for pipes that cannot be opened at once."""
    now = [0.0]
    example.time = types.SimpleNamespace(monotonic=lambda: now[0],
                                         sleep=lambda s: now.__setitem__(0, now[0] + s))

    def play_open(error, until):
        def try_open(name, mode, buffering):
            if now[0] < until:
                raise OSError(error, "not now")
            return "pipe"
        now[0], example.open = 0.0, try_open
        try:
            return example.open_pipe("pipe") == "pipe"
        except OSError as failure:
            assert failure.errno == error
            return False

    yield "waits for a busy pipe", play_open(errno.EINVAL, 4.9) and 4.9 <= now[0] < 5
    yield "does not wait for ever", not play_open(errno.EINVAL, 60) and 5 <= now[0] < 5.1
    yield "does not wait for a pipe that is not there", not play_open(errno.ENOENT, 60) and now[0] == 0


def main():
    spec = importlib.util.spec_from_file_location("example", sys.argv[1])
    example = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(example)
    failed = 0
    for name, rows, problem, shown in CASES:
        expected = ({"op": "maps", "pid": 7, "kinds": ["data"]}, problem, shown)
        if (found := play(example, rows)) != expected:
            failed += 1
            print(f"FAILED {name}: {found!r} is not {expected!r}")
    busy = list(busy_cases(example))
    for name, good in busy:
        if not good:
            failed += 1
            print(f"FAILED {name}")
    print(f"{len(CASES) + len(busy) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
