#include "client/show/metrics.h"
#include "common/proto/protocol.h"

#include "client/show/openmetrics.h"

static const char *const kinds[METRICS_KINDS] = {"image", "data", "pagefile", "physical",
                                                 "unknown"};
static const char *const accesses[METRICS_ACCESSES] = {"full", "limited", "none", "other"};

/* What is summed up for each name and kind; the first counts the mappings themselves. */
static const struct {
    struct openmetrics_family family;
    enum row_member member;
    bool pages; /* only when it was asked for */
} sums[METRICS_SUMS] = {
    {{"lsmap_mappings", METRIC_GAUGE, NULL, "Mappings in all processes of this name."},
     MEMBER_COUNT,
     false},
    {{"lsmap_mapped_bytes", METRIC_GAUGE, "bytes", "Address space of these mappings."},
     MEMBER_SIZE,
     false},
    {{"lsmap_resident_bytes", METRIC_GAUGE, "bytes", "What of them is in memory."},
     MEMBER_RESIDENT,
     true},
    {{"lsmap_shared_bytes", METRIC_GAUGE, "bytes", "What of that is shared."}, MEMBER_SHARED, true},
    {{"lsmap_private_bytes", METRIC_GAUGE, "bytes", "What of that is private."},
     MEMBER_PRIVATE,
     true},
    {{"lsmap_locked_bytes", METRIC_GAUGE, "bytes", "What of that is locked."}, MEMBER_LOCKED, true},
};

static const struct openmetrics_family processes_family = {"lsmap_processes", METRIC_GAUGE, NULL,
                                                           "Processes of this name."};
static const struct openmetrics_family failed_family = {
    "lsmap_failed_processes", METRIC_GAUGE, NULL,
    "Processes that could not be read, or not to their end."};
static const struct openmetrics_family complete_family = {
    "lsmap_scan_complete", METRIC_GAUGE, NULL, "1 when every process was read to its end."};
static const struct openmetrics_family seconds_family = {"lsmap_scan_seconds", METRIC_GAUGE,
                                                         "seconds", "How long the server took."};

void metrics_init(struct metrics *metrics, enum request_op op, enum request_detail detail)
{
    *metrics = (struct metrics){
        .mappings = op == OP_MAPS, .pages = detail == DETAIL_PAGES, .complete = true};
    metrics_names_init(&metrics->names);
}

void metrics_deinit(struct metrics *metrics)
{
    metrics_names_deinit(&metrics->names);
}

/* The index of a word; of the last one when it is none of them. */
static size_t index_of(const char *const *words, size_t count, struct span word)
{
    size_t i = 0;

    while (i + 1 < count && !span_equal(word, span_from_string(words[i])))
        i++;
    return i;
}

static void add(uint64_t *sum, uint64_t number)
{
    *sum = number > UINT64_MAX - *sum ? UINT64_MAX : *sum + number;
}

static bool add_process(struct metrics *metrics, const struct row *row)
{
    struct metrics_name *entry = metrics_names_find(&metrics->names, row_text(row, MEMBER_NAME));

    if (entry == NULL)
        return false;
    entry->processes[index_of(accesses, METRICS_ACCESSES, row_text(row, MEMBER_ACCESS))]++;
    return true;
}

static bool add_mapping(struct metrics *metrics, const struct row *row)
{
    struct metrics_name *entry = metrics_names_find(&metrics->names, row_text(row, MEMBER_PROCESS));

    if (entry == NULL)
        return false;
    uint64_t *values = entry->sums[index_of(kinds, METRICS_KINDS, row_text(row, MEMBER_KIND))];
    values[0]++;
    for (size_t i = 1; i < METRICS_SUMS; i++)
        add(&values[i], row_number(row, sums[i].member, 0));
    return true;
}

static bool metrics_begin(void *context, struct buffer *out)
{
    (void)context;
    (void)out; /* all is known only at the end */
    return true;
}

static bool metrics_row(void *context, const struct row *row, struct span line, struct buffer *out)
{
    struct metrics *metrics = context;

    (void)line;
    (void)out;
    metrics->open = row->type != ROW_END;
    if (row->type == ROW_PROCESS)
        return add_process(metrics, row);
    if (row->type == ROW_MAP)
        return add_mapping(metrics, row);
    if (row->type == ROW_PROCESS_ERROR)
        metrics->failed++;
    if (row->type == ROW_ERROR)
        metrics->broken = true;
    if (row->type == ROW_END) {
        metrics->ended = true;
        add(&metrics->elapsed_us, row_number(row, MEMBER_ELAPSED_US, 0));
        metrics->complete = metrics->complete && row_number(row, MEMBER_COMPLETE, 0) != 0;
    }
    return true;
}

static bool sample(struct buffer *out, const struct openmetrics_family *family,
                   const struct metrics_name *entry, const char *label, const char *value,
                   uint64_t number)
{
    const struct openmetrics_label labels[] = {{"process", {entry->name, entry->name_size}},
                                               {label, span_from_string(value)}};
    char text[OPENMETRICS_NUMBER_CAPACITY];

    return openmetrics_sample(out, family, "", labels, 2, openmetrics_count(text, number));
}

/* The samples of one name; those of kinds it has none of are left out. */
static bool write_name(const struct metrics *metrics, size_t family, size_t index,
                       struct buffer *out)
{
    const struct metrics_name *entry = &metrics->names.entries[index];

    if (family == 0) {
        for (size_t i = 0; i < METRICS_ACCESSES; i++)
            if (entry->processes[i] > 0 &&
                !sample(out, &processes_family, entry, "access", accesses[i], entry->processes[i]))
                return false;
        return true;
    }
    for (size_t i = 0; i < METRICS_KINDS; i++)
        if (entry->sums[i][0] > 0 && !sample(out, &sums[family - 1].family, entry, "kind", kinds[i],
                                             entry->sums[i][family - 1]))
            return false;
    return true;
}

static bool single(struct buffer *out, const struct openmetrics_family *family, const char *value)
{
    return openmetrics_declare(out, DIALECT_OPENMETRICS, family) &&
           openmetrics_sample(out, family, "", NULL, 0, value);
}

static bool write_end(const struct metrics *metrics, struct buffer *out)
{
    char text[OPENMETRICS_NUMBER_CAPACITY];

    return single(out, &failed_family, openmetrics_count(text, metrics->failed)) &&
           single(out, &complete_family, metrics->complete ? "1" : "0") &&
           single(out, &seconds_family, openmetrics_seconds(text, metrics->elapsed_us)) &&
           openmetrics_end(out, DIALECT_OPENMETRICS);
}

static bool is_wanted(const struct metrics *metrics, size_t family)
{
    return family == 0 || (metrics->mappings && (metrics->pages || !sums[family - 1].pages));
}

static bool metrics_end(void *context, struct buffer *out, bool *more)
{
    struct metrics *metrics = context;
    const size_t begin = out->size;

    if (!metrics->ended || metrics->open || metrics->broken)
        return true;
    if (metrics->family == 0 && metrics->index == 0)
        metrics_names_sort(&metrics->names);
    for (; metrics->family <= METRICS_SUMS; metrics->family++, metrics->index = 0) {
        size_t family = metrics->family;
        if (!is_wanted(metrics, family))
            continue;
        if (metrics->index == 0 &&
            !openmetrics_declare(out, DIALECT_OPENMETRICS,
                                 family == 0 ? &processes_family : &sums[family - 1].family))
            return false;
        for (; metrics->index < metrics->names.count; metrics->index++) {
            if (out->size - begin >= OUTPUT_SIZE && metrics->index > 0) {
                *more = true;
                return true;
            }
            if (!write_name(metrics, family, metrics->index, out))
                return false;
        }
    }
    return write_end(metrics, out);
}

struct row_sink metrics_sink(struct metrics *metrics)
{
    return (struct row_sink){metrics, metrics_begin, metrics_row, metrics_end};
}
