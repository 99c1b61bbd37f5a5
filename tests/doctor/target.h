/* The pipe that the checks try: the service's when it runs, else one made in the same way. */
#ifndef TESTS_DOCTOR_TARGET_H
#define TESTS_DOCTOR_TARGET_H

#include <stdbool.h>

#include "common/win32/win.h"

enum { TARGET_NAME_LENGTH = 128, TARGET_SDDL_CAPACITY = 4096 };

struct target {
    wchar_t name[TARGET_NAME_LENGTH];
    char sddl[TARGET_SDDL_CAPACITY]; /* the intended descriptor */
    bool is_own;
    HANDLE guard;    /* of our own pipe */
    HANDLE instance; /* of our own pipe, listening */
    DWORD error;     /* why there is no pipe to try; ERROR_SUCCESS: there is one */
};

/* is_service  True for the pipe of the service. */
void target_open(_Out_ struct target *target, bool is_service);
void target_close(_Inout_ struct target *target);

/* Makes a new instance of our own pipe: a client that opened the last one has used it up, and the
 * next would find it busy whatever its rights. Sets target->error. */
void target_renew(_Inout_ struct target *target);

/* "the service's pipe", or what our own one is. */
const char *target_describe(_In_ const struct target *target);

/* Opens a pipe as a client does, with the token of this thread. Returns a Win32 error. */
NODISCARD DWORD pipe_open(_In_ const wchar_t *name, DWORD access, _Out_ HANDLE *pipe);

/* Sends a request and receives the first line of the answer, as pipe_ask(). */
NODISCARD DWORD pipe_exchange(HANDLE pipe, _In_ const char *request, DWORD timeout_ms,
                              _Out_writes_(capacity) char *answer, DWORD capacity);

/* Asks the server of a pipe the op info.
 * timeout_ms  For a free instance, and for the answer.
 * answer      Receives the first line of the answer, terminated, without line end; cut at `capacity`.
 * Returns a Win32 error; ERROR_TIMEOUT without a complete line in time. */
NODISCARD DWORD pipe_ask(_In_ const wchar_t *name, DWORD timeout_ms,
                         _Out_writes_(capacity) char *answer, DWORD capacity);

#endif
