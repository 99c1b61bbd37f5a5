#include "tests/doctor/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/json/writer.h"
#include "common/proto/protocol.h"
#include "common/version.h"

enum { NAME_WIDTH = 23 /* of the longest name */ };

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

void report_init(struct doctor_report *report, const struct doctor_place *place)
{
    memset(report, 0, sizeof *report);
    report->place = *place;
}

void report_add(struct doctor_report *report, enum doctor_check check, enum doctor_outcome outcome,
                const char *subject, const char *format, ...)
{
    char text[DOCTOR_REASON_CAPACITY];
    va_list arguments;

    if (report->count == DOCTOR_FINDINGS_MAX) {
        struct doctor_finding *last = &report->findings[DOCTOR_FINDINGS_MAX - 1];
        last->outcome = DOCTOR_FAIL;
        event_text_clean(last->reason, SPAN("there are more findings than the report can hold"));
        return;
    }
    struct doctor_finding *finding = &report->findings[report->count++];
    *finding = (struct doctor_finding){.check = check, .outcome = outcome};
    (void)snprintf(finding->subject, sizeof finding->subject, "%s", subject != NULL ? subject : "");
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    event_text_clean(finding->reason, span_from_string(text));
}

static bool has_finding(const struct doctor_report *report, enum doctor_check check)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report->findings[i].check == check)
            return true;
    }
    return false;
}

void report_finish(struct doctor_report *report)
{
    for (int check = 0; check < DOCTOR_CHECK_COUNT; check++) {
        if (!has_finding(report, (enum doctor_check)check))
            report_add(report, (enum doctor_check)check, DOCTOR_FAIL, NULL,
                       "the check found nothing");
    }
}

size_t report_count(const struct doctor_report *report, enum doctor_outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < report->count; i++)
        count += report->findings[i].outcome == outcome;
    return count;
}

int report_exit_code(const struct doctor_report *report)
{
    return report_count(report, DOCTOR_FAIL) > 0 ? 1 : 0;
}

bool report_write_text(const struct doctor_report *report, struct buffer *out)
{
    static const char *const outcomes[] = {"PASS", "FAIL", "SKIP"};
    const struct doctor_place *place = &report->place;

    buffer_format(out, DOCTOR_NAME " " LSMAP_VERSION_STRING " on %s, Windows %s%s%s%s\n",
                  place->host, place->os_build, place->wine[0] != '\0' ? ", Wine " : "",
                  place->wine, place->is_elevated ? ", elevated" : "");
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        buffer_format(out, "%s  %-*s  %s%s%s\n", outcomes[finding->outcome], NAME_WIDTH,
                      checks[finding->check].name, finding->subject,
                      finding->subject[0] != '\0' ? ": " : "", finding->reason);
    }
    buffer_format(out, "%zu passed, %zu failed, %zu skipped\n", report_count(report, DOCTOR_PASS),
                  report_count(report, DOCTOR_FAIL), report_count(report, DOCTOR_SKIP));
    return !out->failed;
}

static bool write_place(const struct doctor_place *place, struct buffer *out)
{
    struct json_writer writer;

    json_line_begin(&writer, out);
    json_text(&writer, "type", "doctor");
    json_text(&writer, "product", PRODUCT_NAME);
    json_text(&writer, "version", LSMAP_VERSION_STRING);
    json_text(&writer, "host", place->host);
    json_text(&writer, "os_build", place->os_build);
    json_text(&writer, "wine", place->wine[0] != '\0' ? place->wine : NULL);
    json_bool(&writer, "elevated", place->is_elevated);
    return json_line_end(&writer);
}

static bool write_finding(const struct doctor_finding *finding, struct buffer *out)
{
    static const char *const outcomes[] = {"pass", "fail", "skip"};
    struct json_writer writer;

    json_line_begin(&writer, out);
    json_text(&writer, "type", "check");
    json_text(&writer, "name", checks[finding->check].name);
    json_text(&writer, "proves", checks[finding->check].proof);
    json_text(&writer, "subject", finding->subject[0] != '\0' ? finding->subject : NULL);
    json_text(&writer, "outcome", outcomes[finding->outcome]);
    json_text(&writer, "reason", finding->reason);
    return json_line_end(&writer);
}

bool report_write_json(const struct doctor_report *report, struct buffer *out)
{
    struct json_writer writer;
    bool fits = write_place(&report->place, out);

    for (size_t i = 0; i < report->count && fits; i++)
        fits = write_finding(&report->findings[i], out);
    if (!fits)
        return false;
    json_line_begin(&writer, out);
    json_text(&writer, "type", "end");
    json_uint(&writer, "passed", report_count(report, DOCTOR_PASS));
    json_uint(&writer, "failed", report_count(report, DOCTOR_FAIL));
    json_uint(&writer, "skipped", report_count(report, DOCTOR_SKIP));
    return json_line_end(&writer);
}
