/* Recorded address spaces: a text format and its reader.
 *
 * A file of tests/layouts/ describes one or more processes. The lines of each process, in this order:
 *
 *     # a comment; empty lines are skipped too
 *     windows build=16299
 *     driver 0x1046000 \SystemRoot\system32\ntoskrnl.exe
 *     process pid=672 parent=540 session=0 access=limited arch=x64 protection=0x41 name=lsass.exe
 *     image \Device\HarddiskVolume3\Windows\System32\lsass.exe
 *     services Dhcp EventLog
 *     fault pages=0xc0000022
 *     BASE SIZE STATE KIND ALLOCATION-BASE ALLOCATION-PROTECT PROTECT [DEVICE-PATH]
 *
 * windows   Optional, at the beginning: the build whose kernel answers (default VIRTUAL_BUILD).
 * driver    Optional, anywhere: size and name of a loaded driver.
 * object    Optional, anywhere: `object directory PATH` or `object section [MEMBER=NUMBER...] PATH`:
 *           size, attributes (SEC_*), open and query, which are what opening it and asking about it
 *           fail with. The directories above come with it.
 * handle    Optional, after its object: `handle PID PATH`: the process holds one.
 * process   Members in any order, separated by one space. `name` is the last and extends to the end
 *           of the line; it and pid are required. access: none, limited, full (default full).
 *           arch: x86, x64, arm, arm64 (default unknown). protection: a PS_PROTECTION byte (default
 *           0). start: a FILETIME (default 1). integrity: a RID (default 0x4000). limit: first
 *           address above the user space. parent, session, minimal (it has no PEB): default 0.
 * image     Optional: the device path of the executable.
 * services  Optional: those that run in the process; without a name: none. Left out: not known.
 * fault     Optional: what the kernel refuses, as NTSTATUS: open, region, allocation, name, pages;
 *           memory, which is the last four; and exit_after, a number of calls.
 * the rest  One run of pages each: STATE is commit or reserve; KIND is private, placeholder, data, image,
 *           pagefile or physical. Ascending, complete pages, no overlap; equal neighbours are one run. The path
 *           stands with the first run of an allocation and holds for all of it.
 *
 * Numbers are decimal, or hexadecimal after 0x. The text is UTF-8. Anything else is an error.
 */
#ifndef TESTS_VIRTUAL_LAYOUT_H
#define TESTS_VIRTUAL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/span.h"
#include "tests/virtual/virtual_objects.h"
#include "tests/virtual/virtual_platform.h"

struct virtual_layout {
    struct virtual_process *processes; /* owned; they point into the blocks below */
    size_t processes_count;
    struct virtual_driver *drivers; /* owned */
    size_t drivers_count;
    struct virtual_objects objects; /* owned */
    uint32_t build;
    struct virtual_region *regions; /* owned */
    size_t regions_count;
    char *text; /* owned; process names and image paths, terminated */
    size_t text_size;
    uint16_t *names; /* owned; names of regions */
    size_t names_len;
};

struct virtual_layout_error {
    size_t line;         /* 1 is the first; 0: the file could not be read */
    const char *message; /* static text */
};

/* Reads a text.
 * layout  Set on success; release it. Untouched on failure.
 * Returns false with `error` filled. */
NODISCARD bool virtual_layout_parse(struct span text, _Out_ struct virtual_layout *layout,
                                    _Out_ struct virtual_layout_error *error);

/* The same for a file. */
NODISCARD bool virtual_layout_read(_In_ const char *path, _Out_ struct virtual_layout *layout,
                                   _Out_ struct virtual_layout_error *error);

/* Sets up a platform over the processes and drivers of a layout, with the kernel of its build. */
void virtual_layout_platform(_Inout_ struct virtual_layout *layout,
                             _Out_ struct virtual_platform *virtual_,
                             _Out_ struct platform *platform);

/* Frees all; accepts a zeroed one. */
void virtual_layout_release(_Inout_ struct virtual_layout *layout);

#endif
