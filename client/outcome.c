#include "client/outcome.h"

#include <stdio.h>
#include <string.h>

#include "client/options.h"
#include "client/show/text.h"
#include "common/base/assertion.h"
#include "common/base/status.h"
#include "common/proto/protocol.h"
#include "common/text/span.h"

/* In a text, {pipe}, {seconds} and {detail} are replaced. */
static const struct {
    enum outcome outcome;
    const char *text;
} failures[FAILURE_COUNT] = {
    [FAILURE_NOT_INSTALLED] = {OUTCOME_NO_SERVICE,
                               "the " SERVICE_NAME " service is not installed: run install.cmd as "
                               "administrator, or scan with your own rights by --direct"},
    [FAILURE_NOT_RUNNING] = {OUTCOME_NO_SERVICE, "the " SERVICE_NAME " service is not running: "
                                                 "start it with `sc.exe start " SERVICE_NAME "`"},
    [FAILURE_STARTING] = {OUTCOME_NO_SERVICE,
                          "the " SERVICE_NAME " service is starting or stopping: try again in a "
                          "few seconds, or see `sc.exe query " SERVICE_NAME "`"},
    [FAILURE_NO_PIPE] = {OUTCOME_NO_SERVICE,
                         "the " SERVICE_NAME " service runs but its pipe {pipe} does not exist: "
                         "see its entries in the event log"},
    [FAILURE_NO_SERVER] = {OUTCOME_NO_SERVICE, "no server listens on {pipe}: start one with "
                                               "`" SERVICE_NAME " --console --pipe NAME`"},
    [FAILURE_DENIED] = {OUTCOME_DENIED,
                        "you may not connect to the " SERVICE_NAME " service: administrators, "
                        "users at this computer and members of \"lsmap Readers\" may; --direct "
                        "scans with your own rights"},
    [FAILURE_DENIED_PIPE] = {OUTCOME_DENIED,
                             "you may not open {pipe}: run lsmap as the user who runs its server"},
    [FAILURE_BUSY] = {OUTCOME_BUSY, "the server is busy: no free connection within {seconds} "
                                    "seconds; try again, or wait longer with --timeout"},
    [FAILURE_TIMED_OUT] = {OUTCOME_BUSY, "no answer within {seconds} seconds: try again, or wait "
                                         "longer with --timeout"},
    [FAILURE_CLOSED] = {OUTCOME_BROKEN,
                        "the server closed the connection before the end of its reply, the output "
                        "is incomplete: try again"},
    [FAILURE_NO_REPLY] = {OUTCOME_BROKEN,
                          "the server closed the connection without an answer: try again"},
    [FAILURE_PROTOCOL] = {OUTCOME_BROKEN,
                          "the server violates the protocol ({detail}), the output is "
                          "incomplete: are lsmap and its server of the same "
                          "release?"},
    [FAILURE_FOREIGN_OWNER] = {OUTCOME_BROKEN,
                               "the pipe {pipe} is not trusted, nothing was sent: it "
                               "belongs to {detail}"},
    [FAILURE_FOREIGN_SERVER] = {OUTCOME_BROKEN, "the pipe {pipe} is not trusted, nothing was "
                                                "sent: {detail}"},
    [FAILURE_SYSTEM] = {OUTCOME_BROKEN, "{detail}"},
    [FAILURE_MEMORY] = {OUTCOME_BROKEN, "out of memory"},
    [FAILURE_TOO_MANY] = {OUTCOME_BROKEN, "{detail}"},
    [FAILURE_FILE] = {OUTCOME_USAGE, "{detail}"},
    [FAILURE_FILE_ROWS] = {OUTCOME_BROKEN, "{detail}"},
};

bool failure_set(struct failure *failure, enum failure_kind kind, const char *detail)
{
    failure->kind = kind;
    (void)snprintf(failure->detail, sizeof failure->detail, "%s", detail != NULL ? detail : "");
    return false;
}

enum outcome failure_outcome(enum failure_kind kind)
{
    ASSERT((unsigned)kind < FAILURE_COUNT);
    return failures[kind].outcome;
}

void failure_report(const struct failure *failure, const char *pipe, unsigned timeout_s,
                    struct buffer *out)
{
    ASSERT((unsigned)failure->kind < FAILURE_COUNT);
    buffer_text(out, PRODUCT_NAME ": ");
    for (const char *text = failures[failure->kind].text; *text != '\0';) {
        size_t size = strcspn(text, "{");
        buffer_append(out, (struct span){text, size});
        text += size;
        if (*text == '\0')
            break;
        if (text[1] == 's')
            buffer_format(out, "%u", timeout_s);
        else
            buffer_text(out, text[1] == 'p' ? pipe : failure->detail);
        text += strcspn(text, "}") + 1;
    }
    buffer_text(out, "\n");
}

void outcome_report_error(const struct row *error, struct buffer *out)
{
    struct span message = row_text(error, MEMBER_MESSAGE);
    struct span hint = row_text(error, MEMBER_HINT);

    buffer_text(out, PRODUCT_NAME ": ");
    display_text(out, message.size > 0 ? message : SPAN("refused"));
    buffer_text(out, " (");
    display_text(out, row_text(error, MEMBER_CODE));
    buffer_text(out, hint.size > 0 ? "): " : ")");
    display_text(out, hint);
    buffer_text(out, "\n");
}

static void group_init(struct gap_group *group)
{
    *group = (struct gap_group){.count = 0};
    buffer_init(&group->reason, GAPS_REASON_SIZE_MAX);
    buffer_init(&group->names, GAPS_NAMES_SIZE_MAX);
}

static void group_release(struct gap_group *group)
{
    buffer_release(&group->reason);
    buffer_release(&group->names);
}

void gaps_init(struct gaps *gaps)
{
    *gaps = (struct gaps){.groups_count = 0};
    group_init(&gaps->pids);
    group_init(&gaps->globs);
    buffer_init(&gaps->scratch, GAPS_REASON_SIZE_MAX);
}

void gaps_deinit(struct gaps *gaps)
{
    group_release(&gaps->pids);
    group_release(&gaps->globs);
    for (size_t i = 0; i < gaps->groups_count; i++)
        group_release(&gaps->groups[i]);
    buffer_release(&gaps->scratch);
    gaps->groups_count = 0;
}

/* Counts a process or selector; keeps its name, made by these parts, as long as none was dropped
 * before: so no name is missing in the middle. */
static void group_add(struct gap_group *group, const char *before, struct span name,
                      const char *after)
{
    size_t size = group->names.size;

    if (group->named == group->count) {
        buffer_text(&group->names, size > 0 ? ", " : "");
        buffer_text(&group->names, before);
        display_text(&group->names, name);
        buffer_text(&group->names, after);
        if (!buffer_failed(&group->names))
            group->named++;
        else
            buffer_truncate(&group->names, size);
    }
    group->count++;
}

/* The group of this reason; NULL when there is no room for another. */
static struct gap_group *find_group(struct gaps *gaps, struct span reason)
{
    for (size_t i = 0; i < gaps->groups_count; i++)
        if (span_equal(reason, buffer_span(&gaps->groups[i].reason)))
            return &gaps->groups[i];
    if (gaps->groups_count == GAPS_REASONS_MAX)
        return NULL;
    struct gap_group *group = &gaps->groups[gaps->groups_count];
    group_init(group);
    if (!buffer_append(&group->reason, reason))
        return NULL;
    gaps->groups_count++;
    return group;
}

static void add_unmatched(struct gaps *gaps, const struct row *row)
{
    char pid[16];

    gaps->denied += span_equal(row_text(row, MEMBER_CODE), SPAN("denied"));
    if (!row_knows(row, MEMBER_PID)) {
        group_add(&gaps->globs, "\"", row_text(row, MEMBER_PROCESS), "\"");
        return;
    }
    (void)snprintf(pid, sizeof pid, "%u", (unsigned)row_number(row, MEMBER_PID, 0));
    group_add(&gaps->pids, pid, SPAN(""), "");
}

static void add_error(struct gaps *gaps, const struct row *row)
{
    struct span message = row_text(row, MEMBER_MESSAGE), name = row_text(row, MEMBER_PROCESS);
    struct span stage = row_text(row, MEMBER_STAGE), status = row_text(row, MEMBER_NT_STATUS);
    struct buffer *reason = &gaps->scratch;
    bool was_opened = stage.size > 0 && !span_equal(stage, SPAN("open"));
    char pid[24];

    if (message.size > 0 && message.data[message.size - 1] == '.')
        message.size--; /* the sentence goes on */
    buffer_clear(reason);
    buffer_text(reason, was_opened ? "could not be read completely: " : "could not be read: ");
    display_text(reason, message.size > 0 ? message : row_text(row, MEMBER_CODE));
    buffer_text(reason, status.size > 0 ? " (" : "");
    display_text(reason, status);
    buffer_text(reason, status.size > 0 ? ")" : "");
    struct gap_group *group = buffer_failed(reason) ? NULL : find_group(gaps, buffer_span(reason));
    (void)snprintf(pid, sizeof pid, " (%u)", (unsigned)row_number(row, MEMBER_PID, 0));
    if (group != NULL)
        group_add(group, "", name.size > 0 ? name : SPAN("process"), pid);
    else
        gaps->others++;
}

void gaps_add(struct gaps *gaps, const struct row *row)
{
    if (row->type == ROW_END) {
        gaps->has_end = true;
        gaps->processes = row_number(row, MEMBER_PROCESSES, 0);
        gaps->is_own = span_equal(row_text(row, MEMBER_SCOPE), SPAN("own"));
    } else if (row->type == ROW_PROCESS_ERROR) {
        if (span_equal(row_text(row, MEMBER_STAGE), SPAN("select")))
            add_unmatched(gaps, row);
        else
            add_error(gaps, row);
    }
}

static bool is_restricted(const struct gaps *gaps)
{
    return gaps->is_own && gaps->wants_others;
}

enum outcome gaps_outcome(const struct gaps *gaps)
{
    uint64_t unmatched = gaps->pids.count + gaps->globs.count;
    bool is_empty = gaps->is_scan && gaps->has_end && gaps->processes == 0;

    if (gaps->groups_count > 0 || gaps->others > 0 || is_restricted(gaps))
        return OUTCOME_INCOMPLETE;
    if (is_empty && unmatched > 0 && gaps->denied == unmatched)
        return OUTCOME_DENIED;
    if (is_empty || gaps->is_filtered)
        return OUTCOME_NOTHING;
    return unmatched > 0 ? OUTCOME_INCOMPLETE : OUTCOME_COMPLETE;
}

static void report_count(struct buffer *out, uint64_t count)
{
    char text[DISPLAY_COUNT_CAPACITY];

    buffer_text(out, PRODUCT_NAME ": ");
    display_text(out, display_count(text, count));
    buffer_text(out, count == 1 ? " process " : " processes ");
}

static void report_names(const struct gap_group *group, struct buffer *out)
{
    char text[DISPLAY_COUNT_CAPACITY];

    buffer_append(out, buffer_span(&group->names));
    if (group->named > 0 && group->named < group->count) {
        buffer_text(out, " and ");
        display_text(out, display_count(text, group->count - group->named));
        buffer_text(out, " more");
    }
}

/* A word that was taken for the name of a process may have been meant as a command. */
static void report_command_near(const struct gap_group *globs, struct buffer *out)
{
    struct span name = buffer_span(&globs->names);

    if (globs->count != 1 || name.size < 2)
        return;
    buffer_text(out, cli_hint((struct span){name.data + 1, name.size - 2}, options_syntax.commands,
                              options_syntax.commands_count, PRODUCT_NAME " ")
                         .text);
}

static void report_unmatched(const struct gaps *gaps, struct buffer *out)
{
    const char *no_process =
        gaps->is_own ? PRODUCT_NAME ": no process of yours " : PRODUCT_NAME ": no process ";

    if (gaps->pids.count > 0) {
        buffer_text(out, no_process);
        buffer_text(out, "has pid ");
        report_names(&gaps->pids, out);
        buffer_text(out, " (" PRODUCT_NAME " ps shows them)\n");
    }
    if (gaps->globs.count > 0) {
        buffer_text(out, no_process);
        buffer_text(out, "is named ");
        report_names(&gaps->globs, out);
        report_command_near(&gaps->globs, out);
        buffer_text(out, "\n");
    }
}

void gaps_report(const struct gaps *gaps, bool with_errors, struct buffer *out)
{
    report_unmatched(gaps, out);
    for (size_t i = 0; i < gaps->groups_count && with_errors; i++) {
        const struct gap_group *group = &gaps->groups[i];
        report_count(out, group->count);
        buffer_append(out, buffer_span(&group->reason));
        buffer_text(out, group->named > 0 ? ": " : "");
        report_names(group, out);
        buffer_text(out, "\n");
    }
    if (gaps->others > 0 && with_errors) {
        report_count(out, gaps->others);
        buffer_text(out, "could not be read for other reasons (--json shows each)\n");
    }
    if (is_restricted(gaps))
        buffer_text(out, PRODUCT_NAME ": only your own processes were looked at (--own asks for "
                                      "no others)\n");
}
