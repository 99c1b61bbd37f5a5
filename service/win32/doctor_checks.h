/* What the checks of `lsmapd doctor` share, and the checks by subject. For doctor_*.c alone. */
#ifndef SERVICE_WIN32_DOCTOR_CHECKS_H
#define SERVICE_WIN32_DOCTOR_CHECKS_H

#include <stdbool.h>

#include "common/win32/win.h"
#include "service/doctor.h"
#include "service/win32/exit_codes.h"

enum { DOCTOR_PIPE_NAME_LENGTH = 128, DOCTOR_SDDL_CAPACITY = 4096, DOCTOR_ERROR_CAPACITY = 256 };

/* The machine as it is found, once. */
struct doctor_context {
    struct doctor_report *report;
    bool is_wine;
    bool is_elevated;
    bool is_system;      /* run by SYSTEM itself */
    DWORD service_pid;   /* 0: not running */
    SC_HANDLE service;   /* owned; NULL: not installed, or not to be opened */
    DWORD service_error; /* why `service` is NULL */
    wchar_t *program;    /* owned; path of the registered program, NULL: not known */

    /* The pipe that is tried: the service's when it runs, else one of our own for the moment. */
    wchar_t pipe_name[DOCTOR_PIPE_NAME_LENGTH];
    char pipe_sddl[DOCTOR_SDDL_CAPACITY]; /* what was meant */
    bool is_own_pipe;
    HANDLE guard;     /* owned; of our own pipe */
    HANDLE instance;  /* owned; of our own pipe, listening */
    DWORD pipe_error; /* why there is none to try */
};

/* Each adds SKIP to the check, and returns true, when what it names is so. */
bool doctor_skips_wine(_Inout_ struct doctor_context *context, enum doctor_check check,
                       _In_ const char *what);
bool doctor_skips_absent(_Inout_ struct doctor_context *context, enum doctor_check check);
bool doctor_skips_stopped(_Inout_ struct doctor_context *context, enum doctor_check check);
bool doctor_skips_pipe(_Inout_ struct doctor_context *context, enum doctor_check check);

/* Adds SKIP: the check could not be made for this error, elevation named as the cure of
 * ERROR_ACCESS_DENIED. */
void doctor_skip_error(_Inout_ struct doctor_context *context, enum doctor_check check,
                       _In_opt_ const char *subject, _In_ const char *what, DWORD error);

/* Finds or makes the pipe that is tried, sets pipe_*; closes what was made. */
void doctor_target_open(_Inout_ struct doctor_context *context);
void doctor_target_close(_Inout_ struct doctor_context *context);

/* Makes a new instance of a pipe of our own: who opened the last one has used it up, and the next
 * would be told busy whether he may or not. */
void doctor_target_renew(_Inout_ struct doctor_context *context);

/* The checks. */
void doctor_check_pipe(_Inout_ struct doctor_context *context);     /* pipe.*, who owns the name */
void doctor_check_clients(_Inout_ struct doctor_context *context);  /* pipe.*, who gets in */
void doctor_check_identity(_Inout_ struct doctor_context *context); /* client.* */
void doctor_check_process(_Inout_ struct doctor_context *context);  /* process.* */
void doctor_check_service(_Inout_ struct doctor_context *context);  /* service.* */
void doctor_check_places(_Inout_ struct doctor_context *context);   /* event, folder, key */
void doctor_check_queries(_Inout_ struct doctor_context *context);  /* query.* */

/* Opens the pipe that is tried as a client does, with the token of this thread.
 * Returns a Win32 error. */
NODISCARD DWORD doctor_open_pipe(_In_ const wchar_t *name, DWORD access, _Out_ HANDLE *pipe);

/* Impersonation tokens made of our own, lesser ones. Release with handle_close(). */
NODISCARD DWORD doctor_token_low(_Out_ HANDLE *token);      /* low integrity */
NODISCARD DWORD doctor_token_stranger(_Out_ HANDLE *token); /* no user, no group but Everyone */
NODISCARD DWORD doctor_token_plain(_Out_ HANDLE *token);    /* neither Users nor Administrators */

/* Ends the process when the thread cannot be itself again. */
void doctor_revert(void);

/* Our own process' token, TOKEN_QUERY | TOKEN_DUPLICATE. */
NODISCARD DWORD doctor_own_token(_Out_ HANDLE *token);

#endif
