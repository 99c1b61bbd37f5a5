"""Lists the data files that a process has mapped: python list_data_files.py PID [PIPE]

Prints address, size and path of each view. Exit: 0 the list is complete, 1 it is not.
"""
import errno
import io
import json
import sys
import time

PIPE = r"\\.\pipe\ProtectedPrefix\Administrators\lsmap"


def open_pipe(name):
    """Waits up to five seconds while every instance of the pipe has a client."""
    deadline = time.monotonic() + 5
    while True:
        try:
            return open(name, "r+b", buffering=0)
        except OSError as error:
            # The C runtime makes EINVAL of ERROR_PIPE_BUSY, as of all that it does not know.
            if error.errno != errno.EINVAL or time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def list_data_files(pid, pipe_name):
    """Prints the views. Returns what is wrong; None: the list is complete."""
    missing = None  # why something is not in the list
    with open_pipe(pipe_name) as pipe:
        pipe.write(json.dumps({"op": "maps", "pid": pid, "kinds": ["data"]}).encode() + b"\n")
        for count, line in enumerate(io.BufferedReader(pipe)):
            row = json.loads(line)
            if row["type"] == "map":
                print(row["base"], row["size"], row["path"] or row["device_path"], sep="\t")
            elif row["type"] == "process_error":
                missing = row["message"]
            elif row["type"] == "error":
                return row["message"]
            elif row["type"] == "end":
                return missing if row["rows"] == count else "rows are missing"
    return "the reply was cut off"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(list_data_files(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else PIPE))
