/* The report of lsmap-doctor: each check, its result, and the reason.
 *
 * Pure: the checks add findings; the report keeps, prints and judges them. Texts are sanitised when
 * they are added. A check without a finding has failed.
 */
#ifndef TESTS_DOCTOR_REPORT_H
#define TESTS_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "service/event_text.h"

#define DOCTOR_NAME "lsmap-doctor"

/* Every check, in the order in which they run. Columns: symbol, name, what it proves.
 * service/SECURITY.md names them as proofs. */
#define DOCTOR_CHECK_LIST(X)                                                                       \
    X(DOCTOR_SERVICE_ANSWERS, "service.answers", "the service is installed, runs and answers")     \
    X(DOCTOR_PIPE_FIRST, "pipe.first_instance",                                                    \
      "no other program can take the name while the service runs")                                 \
    X(DOCTOR_PIPE_FURTHER, "pipe.further_instance",                                                \
      "no account but the owner adds an instance under the name")                                  \
    X(DOCTOR_PIPE_REMOTE, "pipe.remote", "clients from other machines are refused")                \
    X(DOCTOR_PIPE_DESCRIPTOR, "pipe.descriptor", "owner, DACL and label are as intended")          \
    X(DOCTOR_PIPE_SERVER, "pipe.server", "the registered service serves the pipe")                 \
    X(DOCTOR_PIPE_ANONYMOUS, "pipe.anonymous", "an anonymous client is refused")                   \
    X(DOCTOR_PIPE_LOW, "pipe.low_integrity", "a client of low integrity is refused")               \
    X(DOCTOR_PIPE_APP_CONTAINER, "pipe.app_container", "a client in an AppContainer is refused")   \
    X(DOCTOR_PIPE_STRANGER, "pipe.stranger", "a client that the DACL does not name is refused")    \
    X(DOCTOR_CLIENT_IDENTITY, "client.identity",                                                   \
      "impersonation gives the client and not the server")                                         \
    X(DOCTOR_CLIENT_LINKED, "client.linked_token",                                                 \
      "the administrator with a filtered token is recognised")                                     \
    X(DOCTOR_CLIENT_FILTERED, "client.filtered", "the service knows a non-elevated administrator") \
    X(DOCTOR_CLIENT_TRACKING, "client.tracking",                                                   \
      "another program that writes to the pipe of a client ends the connection")                   \
    X(DOCTOR_PROCESS_PRIVILEGES, "process.privileges",                                             \
      "the process has the privileges that it needs and no others")                                \
    X(DOCTOR_PROCESS_MITIGATIONS, "process.mitigations",                                           \
      "the process has given up what it never does")                                               \
    X(DOCTOR_PROCESS_MODULES, "process.modules",                                                   \
      "no foreign DLL is in the process, which strict handle checks could end")                    \
    X(DOCTOR_SERVICE_COMMAND, "service.command", "a quoted command, run as LocalSystem")           \
    X(DOCTOR_SERVICE_PRIVILEGES, "service.privileges",                                             \
      "only the required privileges are registered")                                               \
    X(DOCTOR_SERVICE_SID, "service.sid", "the service has a SID of its own")                       \
    X(DOCTOR_SERVICE_FAILURE, "service.failure_actions", "it is restarted after every failure")    \
    X(DOCTOR_SERVICE_DESCRIPTOR, "service.descriptor", "users may query the service, not stop it") \
    X(DOCTOR_EVENT_SOURCE, "event.source", "the event log finds the texts of the events")          \
    X(DOCTOR_EVENT_REPLACE, "event.replaceable",                                                   \
      "the message file can be renamed, so that it never holds up an upgrade")                     \
    X(DOCTOR_READERS, "readers.group", "the group of readers can be resolved")                     \
    X(DOCTOR_FOLDER, "folder.descriptor",                                                          \
      "only SYSTEM and Administrators can replace the program")                                    \
    X(DOCTOR_KEY, "key.descriptor", "only SYSTEM and Administrators can change the settings")      \
    X(DOCTOR_SERVICE_RESTART, "service.restart",                                                   \
      "the service starts again after a crash while a client holds its pipe")                      \
    X(DOCTOR_QUERY_LIMITED, "query.limited",                                                       \
      "the limited right suffices for protected processes, class by class")                        \
    X(DOCTOR_QUERY_OWNERS, "query.owners",                                                         \
      "the list of processes has their users, so that only a caller's own are opened")             \
    X(DOCTOR_QUERY_CLOSED, "query.closed", "what the kernel lists of its own processes")           \
    X(DOCTOR_NAME_LOCKED, "name.locked", "a name query that waits for a lock returns after it")    \
    X(DOCTOR_NAME_CHANGES, "name.changes", "a view has one of the names of its file")              \
    X(DOCTOR_FILE_USERS, "file.users", "Windows names who has a file open or mapped")              \
    X(DOCTOR_FILE_STALE, "file.stale",                                                             \
      "a process that keeps a replaced file is not listed as a user of the new one")               \
    X(DOCTOR_SCAN_KINDS, "scan.kinds",                                                             \
      "MemoryRegionInformationEx knows kind and size of each view")                                \
    X(DOCTOR_SCAN_WALK, "scan.walk", "it finds the views that basic queries find")                 \
    X(DOCTOR_HANDLE_ACCESS, "handle.access", "a handle has the rights that it was opened with")    \
    X(DOCTOR_DEVICES_TIME, "devices.time", "the devices are known before the first scan goes on")  \
    X(DOCTOR_DEVICES_PATHS, "devices.paths", "every device of a mapped file has a DOS path")       \
    X(DOCTOR_BENCH_SCAN, "bench.scan", "a scan makes fewer queries than the plain way")            \
    X(DOCTOR_SECTIONS_HOLDERS, "sections.holders",                                                 \
      "a named section and the processes that hold it are found")

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
    DOCTOR_SKIP /* this machine or this user cannot decide it; the reason says why */
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
    char subject[DOCTOR_SUBJECT_CAPACITY]; /* which of several objects; "": there is one */
    char reason[DOCTOR_REASON_CAPACITY];   /* one line, terminated */
};

/* Where it ran, for the first line. Terminated UTF-8; static or the caller's. */
struct doctor_place {
    const char *host;
    const char *os_build; /* "10.0.19045" */
    const char *wine;     /* Wine's version; "" on Windows */
    bool is_elevated;
};

struct doctor_report {
    struct doctor_place place;
    size_t count;
    struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
};

/* place  Copied, but not its texts. */
void report_init(_Out_ struct doctor_report *report, _In_ const struct doctor_place *place);

/* Adds a finding; above DOCTOR_FINDINGS_MAX the last one becomes a failure that says so.
 * subject  May be NULL; cut when too long.
 * format   printf-like, of the reason. */
PRINTF_FORMAT(5, 6)
void report_add(_Inout_ struct doctor_report *report, enum doctor_check check,
                enum doctor_outcome outcome, _In_opt_ const char *subject, const char *format, ...);

/* Adds a failure for each check without a finding. To be called once, at the end. */
void report_finish(_Inout_ struct doctor_report *report);

size_t report_count(_In_ const struct doctor_report *report, enum doctor_outcome outcome);

/* The exit code: 0 when nothing failed, 1 otherwise. */
int report_exit_code(_In_ const struct doctor_report *report);

/* Appends the report as text: a line for each finding, "PASS  pipe.remote  reason", and the counts.
 * Returns false when `out` has failed. */
NODISCARD bool report_write_text(_In_ const struct doctor_report *report,
                                 _Inout_ struct buffer *out);

/* Appends it as JSON lines: one `doctor`, a `check` for each finding, one `end` with the counts. */
NODISCARD bool report_write_json(_In_ const struct doctor_report *report,
                                 _Inout_ struct buffer *out);

#endif
