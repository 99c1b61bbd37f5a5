#include "client/show/openmetrics.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/assertion.h"

static bool put(struct buffer *out, const char *text)
{
    return buffer_append(out, span_from_string(text));
}

static const char *type_name(enum openmetrics_type type)
{
    static const char *const names[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_HISTOGRAM] = "histogram",
    };

    ASSERT((size_t)type < sizeof names / sizeof names[0]);
    return names[type];
}

/* "# WORD NAME TEXT" */
static bool declare(struct buffer *out, const char *word, const struct openmetrics_family *family,
                    const char *name_end, const char *text)
{
    return put(out, "# ") && put(out, word) && put(out, " ") && put(out, family->name) &&
           put(out, name_end) && put(out, " ") && put(out, text) && put(out, "\n");
}

bool openmetrics_declare(struct buffer *out, enum openmetrics_dialect dialect,
                         const struct openmetrics_family *family)
{
    const bool is_old = dialect == DIALECT_PROMETHEUS;
    const char *name_end = is_old && family->type == METRIC_COUNTER ? "_total" : "";

    return declare(out, "HELP", family, name_end, family->help) &&
           declare(out, "TYPE", family, name_end, type_name(family->type)) &&
           (is_old || family->unit == NULL || declare(out, "UNIT", family, "", family->unit));
}

/* A label's value between its quotes. */
static bool put_escaped(struct buffer *out, struct span value)
{
    size_t begin = 0;

    for (size_t i = 0; i < value.size; i++) {
        const char c = value.data[i];
        if (c != '\\' && c != '"' && c != '\n')
            continue;
        if (!buffer_append(out, (struct span){value.data + begin, i - begin}) ||
            !put(out, c == '\n'  ? "\\n"
                      : c == '"' ? "\\\""
                                 : "\\\\"))
            return false;
        begin = i + 1;
    }
    return buffer_append(out, span_from(value, begin));
}

bool openmetrics_sample(struct buffer *out, const struct openmetrics_family *family,
                        const char *suffix, const struct openmetrics_label *labels,
                        size_t labels_count, const char *value)
{
    bool good = put(out, family->name) && put(out, suffix);

    for (size_t i = 0; good && i < labels_count; i++)
        good = put(out, i == 0 ? "{" : ",") && put(out, labels[i].name) && put(out, "=\"") &&
               put_escaped(out, labels[i].value) && put(out, "\"");
    return good && put(out, labels_count > 0 ? "} " : " ") && put(out, value) && put(out, "\n");
}

bool openmetrics_end(struct buffer *out, enum openmetrics_dialect dialect)
{
    return dialect == DIALECT_PROMETHEUS || put(out, "# EOF\n");
}

const char *openmetrics_count(char *text, uint64_t count)
{
    (void)snprintf(text, OPENMETRICS_NUMBER_CAPACITY, "%" PRIu64, count);
    return text;
}

const char *openmetrics_seconds(char *text, uint64_t time_us)
{
    int size = snprintf(text, OPENMETRICS_NUMBER_CAPACITY, "%" PRIu64 ".%06" PRIu64,
                        time_us / 1000000, time_us % 1000000);

    while (size > 2 && text[size - 1] == '0' && text[size - 2] != '.')
        text[--size] = '\0';
    return text;
}
