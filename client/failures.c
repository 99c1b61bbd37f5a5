#include "client/failures.h"

#include "client/show/table_cells.h"
#include "client/show/text.h"
#include "common/proto/protocol.h"

/* One group's text may hold a byte three times: as U+FFFD. */
enum { SCRATCH_SIZE_MAX = FAILURES_REASON_SIZE_MAX };

void failures_init(struct failures *failures)
{
    *failures = (struct failures){.groups_count = 0};
    buffer_init(&failures->scratch, SCRATCH_SIZE_MAX);
}

void failures_deinit(struct failures *failures)
{
    for (size_t i = 0; i < failures->groups_count; i++) {
        buffer_release(&failures->groups[i].reason);
        buffer_release(&failures->groups[i].names);
    }
    buffer_release(&failures->scratch);
    failures->groups_count = 0;
}

/* The sentence goes on behind it, so it loses its full stop. */
static struct span clause(struct span message)
{
    if (message.size > 0 && message.data[message.size - 1] == '.')
        message.size--;
    return message;
}

static bool was_not_begun(struct span stage)
{
    return stage.size == 0 || span_equal(stage, SPAN("select")) || span_equal(stage, SPAN("open"));
}

static bool write_reason(const struct row *row, struct buffer *out)
{
    struct span message = clause(row_text(row, MEMBER_MESSAGE));
    struct span nt_status = row_text(row, MEMBER_NT_STATUS);

    return cell_text(out, was_not_begun(row_text(row, MEMBER_STAGE))
                              ? "could not be read: "
                              : "could not be read completely: ") &&
           display_text(out, message.size > 0 ? message : row_text(row, MEMBER_CODE)) &&
           (nt_status.size == 0 ||
            (cell_text(out, " (") && display_text(out, nt_status) && cell_text(out, ")")));
}

static bool write_name(const struct row *row, struct buffer *out)
{
    char number[CELL_NUMBER_CAPACITY];
    struct span name = row_text(row, MEMBER_PROCESS);

    return (out->size == 0 || cell_text(out, ", ")) &&
           display_text(out, name.size > 0 ? name : SPAN("process")) && cell_text(out, " (") &&
           display_text(out, cell_number(number, row, MEMBER_PID)) && cell_text(out, ")");
}

/* The group whose reason stands in the scratch buffer; NULL when there is no room for another. */
static struct failure_group *find_group(struct failures *failures)
{
    struct span reason = buffer_span(&failures->scratch);
    size_t index = 0;

    while (index < failures->groups_count &&
           !span_equal(reason, buffer_span(&failures->groups[index].reason)))
        index++;
    if (index < failures->groups_count)
        return &failures->groups[index];
    if (index == FAILURES_REASONS_MAX)
        return NULL;
    struct failure_group *group = &failures->groups[index];
    buffer_init(&group->reason, FAILURES_REASON_SIZE_MAX);
    buffer_init(&group->names, FAILURES_NAMES_SIZE_MAX);
    if (!buffer_append(&group->reason, reason))
        return NULL;
    failures->groups_count++;
    return group;
}

void failures_add(struct failures *failures, const struct row *row)
{
    buffer_clear(&failures->scratch);
    struct failure_group *group =
        write_reason(row, &failures->scratch) ? find_group(failures) : NULL;

    if (group == NULL) {
        failures->others++;
        return;
    }
    group->count++;
    size_t size = group->names.size;
    /* Names are told up to the first that does not fit, so that none is left out in the middle. */
    if (group->named + 1 == group->count && write_name(row, &group->names))
        group->named++;
    else
        buffer_truncate(&group->names, size);
}

static bool report_count(struct buffer *out, uint64_t count)
{
    char text[DISPLAY_COUNT_CAPACITY];

    return cell_text(out, PRODUCT_NAME ": ") && display_text(out, display_count(text, count)) &&
           cell_text(out, count == 1 ? " process " : " processes ");
}

static bool report_group(const struct failure_group *group, struct buffer *out)
{
    char text[DISPLAY_COUNT_CAPACITY];

    if (!report_count(out, group->count) || !buffer_append(out, buffer_span(&group->reason)))
        return false;
    if (group->named > 0 &&
        !(cell_text(out, ": ") && buffer_append(out, buffer_span(&group->names))))
        return false;
    if (group->named > 0 && group->named < group->count &&
        !(cell_text(out, " and ") &&
          display_text(out, display_count(text, group->count - group->named)) &&
          cell_text(out, " more")))
        return false;
    return cell_text(out, "\n");
}

bool failures_report(const struct failures *failures, struct buffer *out)
{
    for (size_t i = 0; i < failures->groups_count; i++)
        if (!report_group(&failures->groups[i], out))
            return false;
    return failures->others == 0 ||
           (report_count(out, failures->others) &&
            cell_text(out, "could not be read for other reasons (--json tells each)\n"));
}
