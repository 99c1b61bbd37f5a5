#include "client/show/prometheus.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/text.h"
#include "common/text/utf.h"
#include "common/version.h"

enum { FILETIME_SECOND = 10 * 1000 * 1000 };
static const uint64_t unix_epoch_s = 11644473600; /* since 1601 */

/* --- the format --- */

/* name  Ends in the unit, if it has one, and "_total" for counters.
 * type  "counter", "gauge" or "histogram".
 * help  One sentence, without backslash and newline. */
static void declare(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_escaped(struct buffer *out, const char *value)
{
    for (; *value != '\0'; value++) {
        buffer_text(out, *value == '\\' || *value == '"' ? "\\" : "");
        buffer_append(out, (struct span){value, 1});
    }
}

/* A family of one sample. labels  In braces; "" for none. */
static void put_gauge(struct buffer *out, const char *name, const char *help, const char *labels,
                      uint64_t number)
{
    declare(out, name, "gauge", help);
    buffer_format(out, "%s%s %" PRIu64 "\n", name, labels, number);
}

/* As seconds, with a point and without needless zeros: "0.0005", "10.0".
 * time    In units of which a second has `second`, 1000 or 1000000.
 * ending  What follows. */
static void put_seconds(struct buffer *out, uint64_t time, uint64_t second, const char *ending)
{
    buffer_format(out, "%" PRIu64 ".%06" PRIu64, time / second, time % second * (1000000 / second));
    while (!out->failed && out->data[out->size - 1] == '0' && out->data[out->size - 2] != '.')
        out->size--;
    buffer_text(out, ending);
}

/* --- the numbers of a server --- */

/* The families, in the order of the numbers in a row: each has those from `first` to the next. */
static const struct {
    size_t first;
    const char *name, *type, *help;
} stats_families[] = {
    {STATISTICS_UPTIME_MS, "lsmapd_uptime_seconds", "gauge", "Time since the server started."},
    {STATISTICS_CONNECTIONS_NOW, "lsmapd_connections", "gauge", "Clients connected now."},
    {STATISTICS_CONNECTIONS_PEAK, "lsmapd_connections_peak", "gauge",
     "Most clients connected at once since the start."},
    {STATISTICS_CONNECTIONS_OPENED, "lsmapd_connections_opened_total", "counter",
     "Clients that connected, those refused included."},
    {STATISTICS_BYTES_RECEIVED, "lsmapd_received_bytes_total", "counter",
     "Bytes received from clients."},
    {STATISTICS_BYTES_SENT, "lsmapd_sent_bytes_total", "counter", "Bytes sent to clients."},
    {STATISTICS_ROWS, "lsmapd_rows_total", "counter", "Rows of replies."},
    {STATISTICS_DENIALS, "lsmapd_denials_total", "counter",
     "Requests and single processes refused because the caller lacks a right."},
    {STATISTICS_REQUESTS, "lsmapd_requests_total", "counter",
     "Requests that ended, by op and outcome."},
    {STATISTICS_LIMIT_HITS, "lsmapd_limit_hits_total", "counter", "How often a limit was reached."},
    {STATISTICS_QUERIES, "lsmapd_kernel_queries_total", "counter",
     "Kernel queries of requests that ended."},
};

/* The labels of a number, in braces; nothing for none. */
static void put_labels(struct buffer *out, size_t index)
{
    const size_t request = index - STATISTICS_REQUESTS;

    if (index >= STATISTICS_QUERIES)
        buffer_format(out, "{class=\"%s\"}", statistics_query_names[index - STATISTICS_QUERIES]);
    else if (index >= STATISTICS_LIMIT_HITS)
        buffer_format(out, "{limit=\"%s\"}", statistics_limit_names[index - STATISTICS_LIMIT_HITS]);
    else if (index >= STATISTICS_REQUESTS)
        buffer_format(out, "{op=\"%s\",outcome=\"%s\"}", request_op_names[request / RESULT_COUNT],
                      statistics_result_names[request % RESULT_COUNT]);
}

static void put_latency(struct buffer *out, const struct stats *stats, enum statistics_class class_)
{
    static const char name[] = "lsmapd_request_duration_seconds";
    const size_t first = statistics_latency_index(class_, 0);
    const uint64_t *values = &stats->values[first];
    const char *label = statistics_class_names[class_];

    for (unsigned i = 0; i < STATISTICS_LATENCY_COUNT; i++)
        if (!stats->known[first + i])
            return; /* a histogram is complete or left out */
    for (unsigned i = 0; i <= STATISTICS_BUCKET_COUNT; i++) {
        buffer_format(out, "%s_bucket{class=\"%s\",le=\"", name, label);
        if (i < STATISTICS_BUCKET_COUNT)
            put_seconds(out, statistics_bounds_us[i], 1000000, "\"} ");
        else
            buffer_text(out, "+Inf\"} ");
        buffer_format(out, "%" PRIu64 "\n", values[i]);
    }
    buffer_format(out, "%s_count{class=\"%s\"} %" PRIu64 "\n", name, label,
                  values[STATISTICS_BUCKET_COUNT]);
    buffer_format(out, "%s_sum{class=\"%s\"} ", name, label);
    put_seconds(out, values[STATISTICS_BUCKET_COUNT + 1], 1000000, "\n");
}

static void put_stats(struct buffer *out, const struct stats *stats)
{
    for (size_t index = 0, next = 0; index < STATISTICS_LATENCIES; index++) {
        if (next < sizeof stats_families / sizeof stats_families[0] &&
            index == stats_families[next].first) {
            declare(out, stats_families[next].name, stats_families[next].type,
                    stats_families[next].help);
            next++;
        }
        if (!stats->known[index])
            continue;
        buffer_text(out, stats_families[next - 1].name);
        put_labels(out, index);
        buffer_text(out, " ");
        if (index == STATISTICS_UPTIME_MS)
            put_seconds(out, stats->values[index], 1000, "\n");
        else
            buffer_format(out, "%" PRIu64 "\n", stats->values[index]);
    }
    declare(out, "lsmapd_request_duration_seconds", "histogram",
            "Time from a request that was answered to its last line.");
    for (int i = 0; i < CLASS_COUNT; i++)
        put_latency(out, stats, (enum statistics_class)i);
}

/* --- the sums of a scan --- */

/* The values of the label of a family; the last one is for all other words. */
static const char *const accesses[] = {"full", "limited", "none", "other", NULL};
static const char *const kinds[] = {"image", "data", "pagefile", "physical", "unknown", NULL};

/* The families: the processes, by access; then by kind the mappings, and sums over them. Those from
 * `resident` on need --pages. */
static const struct {
    enum row_member member;
    const char *name, *help;
} families[PROMETHEUS_FAMILIES] = {
    {MEMBER_COUNT, "lsmap_processes", "Processes of this name."},
    {MEMBER_COUNT, "lsmap_mappings", "Mappings in all processes of this name."},
    {MEMBER_SIZE, "lsmap_mapped_bytes", "Address space of these mappings."},
    {MEMBER_RESIDENT, "lsmap_resident_bytes", "Bytes of these mappings that are in memory."},
    {MEMBER_SHARED, "lsmap_shared_bytes", "Bytes in memory that are shared."},
    {MEMBER_PRIVATE, "lsmap_private_bytes", "Bytes in memory that are private."},
    {MEMBER_LOCKED, "lsmap_locked_bytes", "Bytes in memory that are locked."},
};

enum { FAMILIES_OF_MAPS = 3 }; /* without --pages */

void prometheus_init(struct prometheus *prometheus, enum columns_table kind)
{
    *prometheus = (struct prometheus){.kind = kind, .families = 1};
    if (kind == COLUMNS_PAGES || kind == COLUMNS_MAPS)
        prometheus->families = kind == COLUMNS_PAGES ? PROMETHEUS_FAMILIES : FAMILIES_OF_MAPS;
    buffer_init(&prometheus->names, PROMETHEUS_NAMES_MAX * sizeof(struct prometheus_name));
    buffer_init(&prometheus->scratch, OUTPUT_ROW_SIZE_MAX * 3);
}

void prometheus_deinit(struct prometheus *prometheus)
{
    buffer_release(&prometheus->names);
    buffer_release(&prometheus->scratch);
}

static struct prometheus_name *name_at(const struct prometheus *prometheus, size_t index)
{
    return (struct prometheus_name *)(void *)prometheus->names.data + index;
}

static struct prometheus_name *look_up(struct prometheus *prometheus, struct span name)
{
    for (size_t i = 0; i < prometheus->count; i++) { /* the rows of a process follow each other */
        const size_t index = (prometheus->last + i) % prometheus->count;
        struct prometheus_name *entry = name_at(prometheus, index);
        if (span_equal_ascii_nocase(span_from_string(entry->name), name)) {
            prometheus->last = index;
            return entry;
        }
    }
    return NULL;
}

/* The entry of a name; the last place is kept for all that find none. NULL without memory. */
static struct prometheus_name *find(struct prometheus *prometheus, struct span name)
{
    buffer_clear(&prometheus->scratch);
    display_text(&prometheus->scratch, name.size > 0 ? name : SPAN(PROMETHEUS_UNKNOWN));
    if (prometheus->scratch.failed)
        return NULL;
    name = buffer_span(&prometheus->scratch);
    name.size = utf8_cut(name, PROMETHEUS_NAME_SIZE_MAX);
    struct prometheus_name *entry = look_up(prometheus, name);
    if (entry == NULL && prometheus->count >= PROMETHEUS_NAMES_MAX - 1) {
        name = SPAN(PROMETHEUS_OTHER);
        entry = look_up(prometheus, name);
    }
    if (entry == NULL && buffer_extend(&prometheus->names, sizeof *entry) != NULL) {
        prometheus->last = prometheus->count++;
        entry = name_at(prometheus, prometheus->last);
        *entry = (struct prometheus_name){.name = ""};
        memcpy(entry->name, name.data, name.size);
    }
    return entry;
}

static int compare_names(const void *a, const void *b)
{
    const struct prometheus_name *left = a, *right = b;

    return strcmp(left->name, right->name);
}

/* The index of a word; that of the last one when it is none of them. */
static size_t index_of(const char *const *words, struct span word)
{
    size_t i = 0;

    while (words[i + 1] != NULL && !span_equal(word, span_from_string(words[i])))
        i++;
    return i;
}

/* Adds a process or a mapping. */
static bool add(struct prometheus *prometheus, const struct row *row)
{
    const bool is_map = row->type == ROW_MAP;
    const size_t label = is_map ? index_of(kinds, row_text(row, MEMBER_KIND))
                                : index_of(accesses, row_text(row, MEMBER_ACCESS));
    struct prometheus_name *entry =
        find(prometheus, row_text(row, is_map ? MEMBER_PROCESS : MEMBER_NAME));

    for (size_t i = is_map; entry != NULL && i < (is_map ? prometheus->families : 1); i++) {
        const uint64_t number = i > 1 ? row_number(row, families[i].member, 0) : 1;
        uint64_t *sum = &entry->sums[i][label];
        *sum = number > UINT64_MAX - *sum ? UINT64_MAX : *sum + number;
    }
    return entry != NULL;
}

bool prometheus_row(struct prometheus *prometheus, const struct row *row)
{
    if (row->type == ROW_PROCESS || row->type == ROW_MAP)
        return add(prometheus, row);
    if (row->type == ROW_STATS)
        stats_parse(row_line(row), &prometheus->stats);
    if (row->type == ROW_PROCESS_ERROR && !span_equal(row_text(row, MEMBER_STAGE), SPAN("select")))
        prometheus->failed++; /* stage select: no such process */
    if (row->type == ROW_END) {
        prometheus->ended = true;
        prometheus->elapsed_us = row_number(row, MEMBER_ELAPSED_US, 0);
        prometheus->complete = row_number(row, MEMBER_COMPLETE, 0) != 0;
        prometheus->is_own = span_equal(row_text(row, MEMBER_SCOPE), SPAN("own"));
    }
    return true;
}

/* The samples of one name in a family. Kinds that the name has no mapping of are left out. */
static void put_name(struct buffer *out, const struct prometheus_name *entry, size_t family)
{
    const bool is_sum = family > 0;
    const char *const *labels = is_sum ? kinds : accesses;

    for (size_t i = 0; labels[i] != NULL; i++) {
        if (entry->sums[is_sum][i] == 0)
            continue;
        buffer_format(out, "%s{process=\"", families[family].name);
        put_escaped(out, entry->name);
        buffer_format(out, "\",%s=\"%s\"} %" PRIu64 "\n", is_sum ? "kind" : "access", labels[i],
                      entry->sums[family][i]);
    }
}

static void put_scan(struct buffer *out, const struct prometheus *prometheus)
{
    put_gauge(out, "lsmap_failed_processes", "Processes that could not be read, or not completely.",
              "", prometheus->failed);
    put_gauge(out, "lsmap_scan_complete", "1 when every process was read completely.", "",
              prometheus->complete);
    put_gauge(out, "lsmap_scan_scope", "1 for the processes that were looked at.",
              prometheus->is_own ? "{scope=\"own\"}" : "{scope=\"all\"}", 1);
    declare(out, "lsmap_scan_seconds", "gauge", "How long the server took.");
    buffer_text(out, "lsmap_scan_seconds ");
    put_seconds(out, prometheus->elapsed_us, 1000000, "\n");
    if (prometheus->complete && !prometheus->is_own && prometheus->now != 0)
        put_gauge(
            out, "lsmap_last_complete_scan_timestamp_seconds",
            "When the scan ended, Unix time; only if it was complete and not limited to one user.",
            "", prometheus->now / FILETIME_SECOND - unix_epoch_s);
    put_gauge(out, "lsmap_build_info", "1; the version of lsmap.",
              "{version=\"" LSMAP_VERSION_STRING "\"}", 1);
}

bool prometheus_end(struct prometheus *prometheus, struct buffer *out, bool *more)
{
    const size_t begin = out->size;

    *more = false;
    if (!prometheus->ended)
        return true;
    if (prometheus->kind == COLUMNS_NONE) {
        put_stats(out, &prometheus->stats);
        return !out->failed;
    }
    if (prometheus->next == 0 && prometheus->count > 0)
        qsort(prometheus->names.data, prometheus->count, sizeof(struct prometheus_name),
              compare_names);
    /* Of each family its declaration, then the names. */
    for (const size_t parts = 1 + prometheus->count;
         prometheus->next < prometheus->families * parts; prometheus->next++) {
        const size_t family = prometheus->next / parts, part = prometheus->next % parts;
        *more = out->size - begin >= OUTPUT_SIZE;
        if (*more)
            return !out->failed;
        if (part == 0)
            declare(out, families[family].name, "gauge", families[family].help);
        else
            put_name(out, name_at(prometheus, part - 1), family);
    }
    put_scan(out, prometheus);
    return !out->failed;
}
