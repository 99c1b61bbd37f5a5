#include "service/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/json/writer.h"
#include "common/proto/protocol.h"
#include "common/version.h"

enum {
    LINE_CAPACITY = DOCTOR_REASON_CAPACITY + DOCTOR_SUBJECT_CAPACITY + 64,
    NAME_WIDTH = 23 /* of the longest name */
};

static const char *const outcome_words[] = {"PASS", "FAIL", "SKIP"};
static const char *const outcome_names[] = {"pass", "fail", "skip"};

static const struct {
    const char *name;
    const char *proof;
} checks[] = {
#define X(symbol, name, proof) {name, proof},
    DOCTOR_CHECK_LIST(X)
#undef X
};

const char *doctor_check_name(enum doctor_check check)
{
    return checks[check].name;
}

const char *doctor_check_proof(enum doctor_check check)
{
    return checks[check].proof;
}

void doctor_init(struct doctor_report *report, const struct doctor_machine *machine)
{
    memset(report, 0, sizeof *report);
    report->machine = *machine;
}

static void set_reason(struct doctor_finding *finding, const char *text)
{
    event_text_clean(finding->reason, span_from_string(text));
}

void doctor_add(struct doctor_report *report, enum doctor_check check, enum doctor_outcome outcome,
                const char *subject, const char *format, ...)
{
    char text[DOCTOR_REASON_CAPACITY];
    va_list arguments;

    if (report->count == DOCTOR_FINDINGS_MAX) {
        struct doctor_finding *last = &report->findings[DOCTOR_FINDINGS_MAX - 1];
        last->outcome = DOCTOR_FAIL;
        set_reason(last, "there are more findings than the report has room for");
        return;
    }
    struct doctor_finding *finding = &report->findings[report->count++];
    *finding = (struct doctor_finding){.check = check, .outcome = outcome};
    (void)snprintf(finding->subject, sizeof finding->subject, "%s", subject != NULL ? subject : "");
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    set_reason(finding, text);
}

static bool has_finding(const struct doctor_report *report, enum doctor_check check)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report->findings[i].check == check)
            return true;
    }
    return false;
}

void doctor_finish(struct doctor_report *report)
{
    for (int check = 0; check < DOCTOR_CHECK_COUNT; check++) {
        if (!has_finding(report, (enum doctor_check)check))
            doctor_add(report, (enum doctor_check)check, DOCTOR_FAIL, NULL,
                       "the check said nothing");
    }
}

size_t doctor_count(const struct doctor_report *report, enum doctor_outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < report->count; i++)
        count += report->findings[i].outcome == outcome;
    return count;
}

int doctor_exit_code(const struct doctor_report *report)
{
    return doctor_count(report, DOCTOR_FAIL) > 0 ? 1 : 0;
}

PRINTF_FORMAT(2, 3)
static bool append_line(struct buffer *out, const char *format, ...)
{
    char line[LINE_CAPACITY];
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return size >= 0 && buffer_append(out, span_from_string(line)) &&
           buffer_append(out, SPAN("\n"));
}

bool doctor_write_text(const struct doctor_report *report, struct buffer *out)
{
    const struct doctor_machine *machine = &report->machine;
    bool is_wine = machine->wine[0] != '\0';
    bool is_good =
        append_line(out, SERVICE_NAME " " LSMAP_VERSION_STRING " on %s, Windows %s%s%s%s",
                    machine->host, machine->os_build, is_wine ? ", Wine " : "", machine->wine,
                    machine->is_elevated ? ", elevated" : "");

    for (size_t i = 0; i < report->count && is_good; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        is_good = append_line(out, "%s  %-*s  %s%s%s", outcome_words[finding->outcome], NAME_WIDTH,
                              checks[finding->check].name, finding->subject,
                              finding->subject[0] != '\0' ? ": " : "", finding->reason);
    }
    return is_good && append_line(out, "%u passed, %u failed, %u skipped",
                                  (unsigned)doctor_count(report, DOCTOR_PASS),
                                  (unsigned)doctor_count(report, DOCTOR_FAIL),
                                  (unsigned)doctor_count(report, DOCTOR_SKIP));
}

static bool write_head(const struct doctor_machine *machine, struct buffer *out)
{
    struct json_writer writer;

    json_line_begin(&writer, out);
    json_text(&writer, "type", "doctor");
    json_text(&writer, "product", PRODUCT_NAME);
    json_text(&writer, "version", LSMAP_VERSION_STRING);
    json_text(&writer, "host", machine->host);
    json_text(&writer, "os_build", machine->os_build);
    json_text(&writer, "wine", machine->wine[0] != '\0' ? machine->wine : NULL);
    json_bool(&writer, "elevated", machine->is_elevated);
    return json_line_end(&writer);
}

static bool write_finding(const struct doctor_finding *finding, struct buffer *out)
{
    struct json_writer writer;

    json_line_begin(&writer, out);
    json_text(&writer, "type", "check");
    json_text(&writer, "name", checks[finding->check].name);
    json_text(&writer, "proves", checks[finding->check].proof);
    json_text(&writer, "subject", finding->subject[0] != '\0' ? finding->subject : NULL);
    json_text(&writer, "outcome", outcome_names[finding->outcome]);
    json_text(&writer, "reason", finding->reason);
    return json_line_end(&writer);
}

bool doctor_write_json(const struct doctor_report *report, struct buffer *out)
{
    struct json_writer writer;
    bool is_good = write_head(&report->machine, out);

    for (size_t i = 0; i < report->count && is_good; i++)
        is_good = write_finding(&report->findings[i], out);
    if (!is_good)
        return false;
    json_line_begin(&writer, out);
    json_text(&writer, "type", "end");
    json_uint(&writer, "passed", doctor_count(report, DOCTOR_PASS));
    json_uint(&writer, "failed", doctor_count(report, DOCTOR_FAIL));
    json_uint(&writer, "skipped", doctor_count(report, DOCTOR_SKIP));
    return json_line_end(&writer);
}
