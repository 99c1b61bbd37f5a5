/* The report of `lsmapd doctor`: which promise was checked, what came of it, and why.
 *
 * Pure: the checks (service/win32/doctor_*.c) add findings, this module keeps, prints and judges
 * them. Texts are sanitised when they are added; what a check has not spoken of is a failure.
 */
#ifndef SERVICE_DOCTOR_H
#define SERVICE_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "service/event_text.h"

/* Every check, in the order it runs. Columns: symbol, name, what it proves. service/SECURITY.md
 * names them as proofs. */
#define DOCTOR_CHECK_LIST(X)                                                                       \
    X(DOCTOR_PIPE_FIRST, "pipe.first_instance", "nobody can take the name of a running service")   \
    X(DOCTOR_PIPE_FURTHER, "pipe.further_instance",                                                \
      "nobody but the owner adds an instance under the name")                                      \
    X(DOCTOR_PIPE_REMOTE, "pipe.remote", "clients from other machines are refused")                \
    X(DOCTOR_PIPE_DESCRIPTOR, "pipe.descriptor", "owner, access list and label are as meant")      \
    X(DOCTOR_PIPE_SERVER, "pipe.server", "who serves the name is the registered service")          \
    X(DOCTOR_PIPE_ANONYMOUS, "pipe.anonymous", "an anonymous client is refused")                   \
    X(DOCTOR_PIPE_LOW, "pipe.low_integrity", "a client of low integrity is refused")               \
    X(DOCTOR_PIPE_STRANGER, "pipe.stranger",                                                       \
      "a client whom the access list does not name is refused")                                    \
    X(DOCTOR_CLIENT_IDENTITY, "client.identity",                                                   \
      "impersonation gives the client and not the server")                                         \
    X(DOCTOR_CLIENT_LINKED, "client.linked_token",                                                 \
      "the administrator behind a filtered token is recognised")                                   \
    X(DOCTOR_PROCESS_PRIVILEGES, "process.privileges",                                             \
      "the process has the privileges it needs and no others")                                     \
    X(DOCTOR_PROCESS_MITIGATIONS, "process.mitigations",                                           \
      "the process has given up what it never does")                                               \
    X(DOCTOR_SERVICE_COMMAND, "service.command", "a quoted command, run as LocalSystem")           \
    X(DOCTOR_SERVICE_PRIVILEGES, "service.privileges",                                             \
      "the registered privileges are the shortest list")                                           \
    X(DOCTOR_SERVICE_SID, "service.sid", "the service has a SID of its own")                       \
    X(DOCTOR_SERVICE_FAILURE, "service.failure_actions", "it is restarted after every failure")    \
    X(DOCTOR_SERVICE_DESCRIPTOR, "service.descriptor", "users may query the service, not stop it") \
    X(DOCTOR_EVENT_SOURCE, "event.source", "the event log finds the texts of the events")          \
    X(DOCTOR_FOLDER, "folder.descriptor",                                                          \
      "only SYSTEM and Administrators can replace the program")                                    \
    X(DOCTOR_KEY, "key.descriptor", "only SYSTEM and Administrators can change the settings")      \
    X(DOCTOR_QUERY_LIMITED, "query.limited",                                                       \
      "protected processes answer to the limited right, class by class")

enum doctor_check {
#define X(symbol, name, proof) symbol,
    DOCTOR_CHECK_LIST(X)
#undef X
        DOCTOR_CHECK_COUNT
};

/* The name, such as "pipe.remote", and what it proves. */
const char *doctor_check_name(enum doctor_check check);
const char *doctor_check_proof(enum doctor_check check);

enum doctor_outcome {
    DOCTOR_PASS,
    DOCTOR_FAIL,
    DOCTOR_SKIP /* this machine or this caller cannot tell; the reason says why */
};

enum {
    DOCTOR_FINDINGS_MAX = 96,
    DOCTOR_SUBJECT_CAPACITY = 64,
    DOCTOR_REASON_CAPACITY = EVENT_TEXT_CLEAN_CAPACITY,
    DOCTOR_OUTPUT_SIZE_MAX = 512 * 1024
};

struct doctor_finding {
    enum doctor_check check;
    enum doctor_outcome outcome;
    char subject[DOCTOR_SUBJECT_CAPACITY]; /* which of several things; "" when there is one */
    char reason[DOCTOR_REASON_CAPACITY];   /* one line, terminated */
};

/* Who ran it where, for the first line. All terminated UTF-8; static text or the caller's. */
struct doctor_machine {
    const char *host;
    const char *os_build; /* "10.0.19045" */
    const char *wine;     /* Wine's version, "" on Windows */
    bool is_elevated;
};

struct doctor_report {
    struct doctor_machine machine;
    size_t count;
    struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
};

/* machine  Copied, its texts not. */
void doctor_init(_Out_ struct doctor_report *report, _In_ const struct doctor_machine *machine);

/* Adds a finding; above DOCTOR_FINDINGS_MAX the last one becomes a failure that says so.
 * subject  May be NULL; cut when too long. format  printf-like, of the reason. */
PRINTF_FORMAT(5, 6)
void doctor_add(_Inout_ struct doctor_report *report, enum doctor_check check,
                enum doctor_outcome outcome, _In_opt_ const char *subject, const char *format, ...);

/* Adds a failure for each check that said nothing. To be called once, at the end. */
void doctor_finish(_Inout_ struct doctor_report *report);

size_t doctor_count(_In_ const struct doctor_report *report, enum doctor_outcome outcome);

/* What to exit with: 0 when nothing failed, 1 otherwise. */
int doctor_exit_code(_In_ const struct doctor_report *report);

/* Appends the report for people: a line each, "PASS  pipe.remote  reason", the counts last.
 * Returns false when `out` may not grow that far. */
NODISCARD bool doctor_write_text(_In_ const struct doctor_report *report,
                                 _Inout_ struct buffer *out);

/* Appends it as JSON lines: one `doctor`, a `check` for each finding, one `end` with the counts. */
NODISCARD bool doctor_write_json(_In_ const struct doctor_report *report,
                                 _Inout_ struct buffer *out);

#endif
