/* The machine that lsmap-doctor checks, and the ways in which a check is skipped. */
#ifndef TESTS_DOCTOR_MACHINE_H
#define TESTS_DOCTOR_MACHINE_H

#include <stdbool.h>

#include "common/answer/reply.h"
#include "common/win32/win.h"
#include "tests/doctor/report.h"
#include "tests/doctor/target.h"

enum { MACHINE_ERROR_CAPACITY = 256 };

struct machine {
    struct server_info info;
    bool is_wine;
    bool may_disturb; /* the option --disturb */
    bool is_elevated;
    bool is_system;      /* we run as SYSTEM */
    DWORD service_pid;   /* 0: not running */
    SC_HANDLE service;   /* NULL: not installed, or cannot be opened */
    DWORD service_error; /* why `service` is NULL */
    wchar_t *program;    /* path of the registered program; NULL: not known */
    struct target target;
    struct doctor_report report;
};

/* Looks at the machine, opens the service and the pipe to try, and begins the report. NULL without
 * memory. */
struct machine *machine_open(void);
void machine_close(_Inout_opt_ struct machine *machine);

/* The pid of a process with this file name; 0: none runs. */
DWORD machine_find_process(_In_z_ const wchar_t *name);

/* Each adds SKIP to the check, and returns true, when the condition holds.
 * what  Follows "Wine ". */
bool machine_skips_wine(_Inout_ struct machine *machine, enum doctor_check check,
                        _In_ const char *what);
bool machine_skips_absent(_Inout_ struct machine *machine, enum doctor_check check);
bool machine_skips_stopped(_Inout_ struct machine *machine, enum doctor_check check);
bool machine_skips_pipe(_Inout_ struct machine *machine, enum doctor_check check);

/* Adds SKIP: the check could not be made because of this error. For ERROR_ACCESS_DENIED it suggests
 * elevation. */
void machine_skip_error(_Inout_ struct machine *machine, enum doctor_check check,
                        _In_opt_ const char *subject, _In_ const char *what, DWORD error);

#endif
