/* Runs lsmapd.exe and lsmap-doctor.exe as a user does and keeps their output; decides whether this
 * machine's service may be changed. */
#ifndef TESTS_WIN32_LSMAPD_RUN_H
#define TESTS_WIN32_LSMAPD_RUN_H

#include "common/win32/win.h"
#include "tests/test.h"

enum { LSMAPD_EXIT_NONE = 0xffff };

/* Runs `lsmapd arguments`.
 * output  Receives what it prints on both streams, terminated, cut at `capacity`.
 * Returns its exit code, LSMAPD_EXIT_NONE when it did not run or did not end. */
DWORD lsmapd_run(const wchar_t *arguments, char *output, DWORD capacity);

/* The same for `lsmap-doctor arguments`; the environment variable LSMAP_DOCTOR_EXE names it. */
DWORD doctor_run(const wchar_t *arguments, char *output, DWORD capacity);

/* Runs a step and checks its result.
 * text  A part of what it must print; "": it must print nothing. */
void lsmapd_check_run(struct test *t, const wchar_t *arguments, DWORD code, const char *text);

/* Writes a text into the key of the settings, as an operator does. Returns a Win32 error. */
DWORD lsmapd_set_text(const wchar_t *name, const wchar_t *text);

/* The reason why the service of this machine may not be changed; NULL when it may. */
const char *lsmapd_reason_to_skip(void);

#endif
