#include "client/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/options.h"
#include "client/show/text.h"
#include "common/base/assertion.h"
#include "common/base/status.h"

static const struct {
    enum outcome outcome;
    const char *text;
} failures[FAILURE_COUNT] = {
#define X(symbol, outcome, text) {outcome, text},
    FAILURE_LIST(X)
#undef X
};

bool failure_set(struct failure *failure, enum failure_kind kind, const char *format, ...)
{
    va_list arguments;

    *failure = (struct failure){kind, ""};
    va_start(arguments, format);
    if (format != NULL)
        (void)vsnprintf(failure->detail, sizeof failure->detail, format, arguments);
    va_end(arguments);
    return false;
}

enum outcome failure_report(const struct failure *failure, const char *pipe, unsigned timeout_s,
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
    return failures[failure->kind].outcome;
}

enum outcome outcome_report_error(const struct row *error, struct buffer *out)
{
    struct span message = row_text(error, MEMBER_MESSAGE);
    struct span hint = row_text(error, MEMBER_HINT), code = row_text(error, MEMBER_CODE);

    if (hint.size == 0 && span_equal(code, SPAN("denied")))
        hint = SPAN(PRODUCT_NAME " whoami shows what you may ask");
    buffer_text(out, PRODUCT_NAME ": ");
    display_text(out, message.size > 0 ? message : SPAN("refused"));
    buffer_text(out, " (");
    display_text(out, code);
    buffer_text(out, hint.size > 0 ? "): " : ")");
    display_text(out, hint);
    buffer_text(out, "\n");
    return (enum outcome)status_facts[status_from_name(code.data, code.size)].exit_code;
}

void gaps_init(struct gaps *gaps)
{
    *gaps = (struct gaps){.groups_count = GAP_REASONS};
    for (size_t i = 0; i < GAPS_GROUPS_MAX; i++) {
        buffer_init(&gaps->groups[i].reason, GAPS_REASON_SIZE_MAX);
        buffer_init(&gaps->groups[i].names, GAPS_NAMES_SIZE_MAX);
    }
}

void gaps_deinit(struct gaps *gaps)
{
    for (size_t i = 0; i < GAPS_GROUPS_MAX; i++) {
        buffer_release(&gaps->groups[i].reason);
        buffer_release(&gaps->groups[i].names);
    }
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
        if (*before == '"')
            display_text(&group->names, name);
        else
            display_name(&group->names, name, 0);
        buffer_text(&group->names, after);
        if (!group->names.failed)
            group->named++;
        else
            buffer_truncate(&group->names, size);
    }
    group->count++;
}

/* The group with the reason of the first unused one, which may be that one itself; NULL when there is
 * no room for another. */
static struct gap_group *find_group(struct gaps *gaps)
{
    struct gap_group *next = &gaps->groups[gaps->groups_count];

    for (size_t i = GAP_REASONS; i < gaps->groups_count; i++)
        if (span_equal(buffer_span(&next->reason), buffer_span(&gaps->groups[i].reason)))
            return &gaps->groups[i];
    if (gaps->groups_count == GAPS_GROUPS_MAX - 1 || next->reason.failed)
        return NULL;
    gaps->groups_count++;
    return next;
}

static void add_unmatched(struct gaps *gaps, const struct row *row)
{
    char pid[16];

    gaps->denied += span_equal(row_text(row, MEMBER_CODE), SPAN("denied"));
    if (!row_knows(row, MEMBER_PID)) {
        struct span name = row_text(row, MEMBER_PROCESS);
        bool is_path = name.size > 0 && memchr(name.data, '\\', name.size) != NULL;
        group_add(&gaps->groups[is_path ? GAP_IMAGES : GAP_GLOBS], "\"", name, "\"");
        return;
    }
    (void)snprintf(pid, sizeof pid, "%u", (unsigned)row_number(row, MEMBER_PID, 0));
    group_add(&gaps->groups[GAP_PIDS], pid, SPAN(""), "");
}

static void add_error(struct gaps *gaps, const struct row *row)
{
    struct span message = row_text(row, MEMBER_MESSAGE), name = row_text(row, MEMBER_PROCESS);
    struct span stage = row_text(row, MEMBER_STAGE), status = row_text(row, MEMBER_NT_STATUS);
    struct buffer *reason = &gaps->groups[gaps->groups_count].reason;
    const bool is_list = !row_knows(row, MEMBER_PID);
    bool was_opened = stage.size > 0 && !span_equal(stage, SPAN("open"));
    char pid[24];

    if (message.size > 0 && message.data[message.size - 1] == '.')
        message.size--; /* the sentence goes on */
    buffer_clear(reason);
    if (!is_list)
        buffer_text(reason, was_opened ? "could not be read completely: " : "could not be read: ");
    display_text(reason, message.size > 0 ? message : row_text(row, MEMBER_CODE));
    buffer_text(reason, status.size > 0 ? " (" : "");
    display_text(reason, status);
    buffer_text(reason, status.size > 0 ? ")" : "");
    struct gap_group *group = find_group(gaps);
    (void)snprintf(pid, sizeof pid, " (%u)", (unsigned)row_number(row, MEMBER_PID, 0));
    gaps->others += group == NULL;
    if (group == NULL)
        return;
    group->is_list = is_list;
    if (is_list && name.size == 0)
        group->count++;
    else
        group_add(group, "", name.size > 0 ? name : SPAN("process"), is_list ? "" : pid);
}

void gaps_add(struct gaps *gaps, const struct row *row)
{
    if (row->type == ROW_END) {
        gaps->processes = row_number(row, MEMBER_PROCESSES, 0);
        gaps->is_own = span_equal(row_text(row, MEMBER_SCOPE), SPAN("own"));
    } else if (row->type == ROW_PROCESS_ERROR) {
        if (span_equal(row_text(row, MEMBER_STAGE), SPAN("select")))
            add_unmatched(gaps, row);
        else
            add_error(gaps, row);
    }
}

enum outcome gaps_outcome(const struct gaps *gaps)
{
    uint64_t unmatched = gaps->groups[GAP_PIDS].count + gaps->groups[GAP_GLOBS].count +
                         gaps->groups[GAP_IMAGES].count;
    bool is_empty = gaps->is_scan && gaps->processes == 0;

    if (gaps->groups_count > GAP_REASONS || gaps->others > 0)
        return OUTCOME_INCOMPLETE;
    if (is_empty && unmatched > 0 && gaps->denied == unmatched)
        return OUTCOME_DENIED;
    if (gaps->is_own && gaps->wants_others)
        return OUTCOME_INCOMPLETE;
    if (is_empty || gaps->is_filtered)
        return OUTCOME_NOTHING;
    return unmatched > 0 ? OUTCOME_INCOMPLETE : OUTCOME_COMPLETE;
}

static void report_names(const struct gap_group *group, struct buffer *out)
{
    char text[DISPLAY_COUNT_CAPACITY];

    buffer_append(out, buffer_span(&group->names));
    if (group->named > 0 && group->named < group->count)
        buffer_format(out, " and %s more", display_count(text, group->count - group->named).data);
}

static void report_unmatched(const struct gaps *gaps, struct buffer *out)
{
    static const char *const words[] = {
        [GAP_PIDS] = "has pid ", [GAP_GLOBS] = "is named ", [GAP_IMAGES] = "runs "};

    for (size_t i = 0; i < GAP_REASONS; i++) {
        const struct span names = buffer_span(&gaps->groups[i].names);
        if (gaps->groups[i].count == 0)
            continue;
        buffer_format(out, PRODUCT_NAME ": no process %s%s", gaps->is_own ? "of yours " : "",
                      words[i]);
        report_names(&gaps->groups[i], out);
        /* A word that was taken for the name of a process may have been meant as a command. */
        if (i == GAP_GLOBS && gaps->groups[i].count == 1 && names.size >= 2)
            buffer_text(out, cli_hint((struct span){names.data + 1, names.size - 2},
                                      options_syntax.commands, options_syntax.commands_count,
                                      PRODUCT_NAME " ")
                                 .text);
        buffer_text(out, gaps->is_own    ? " (" PRODUCT_NAME " whoami shows what you may see)\n"
                         : i == GAP_PIDS ? " (" PRODUCT_NAME " ps shows them)\n"
                                         : "\n");
    }
}

void gaps_report(const struct gaps *gaps, bool with_errors, struct buffer *out)
{
    report_unmatched(gaps, out);
    for (size_t i = GAP_REASONS; i < gaps->groups_count && with_errors; i++) {
        const struct gap_group *group = &gaps->groups[i];
        buffer_text(out, PRODUCT_NAME ": ");
        if (!group->is_list)
            display_counted(out, group->count, "process ", "processes ");
        buffer_append(out, buffer_span(&group->reason));
        buffer_text(out, group->named > 0 ? ": " : "");
        report_names(group, out);
        buffer_text(out, "\n");
    }
    if (gaps->others > 0 && with_errors) {
        buffer_text(out, PRODUCT_NAME ": ");
        display_counted(out, gaps->others, "process", "processes");
        buffer_text(out, " could not be read for other reasons (--json shows each)\n");
    }
    if (gaps->is_own && gaps->wants_others)
        buffer_text(out, PRODUCT_NAME ": only your own processes were looked at (--own asks for "
                                      "no others)\n");
}
