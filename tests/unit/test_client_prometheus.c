#include "client/show/prometheus.h"

#include "common/answer/reply.h"
#include "common/version.h"
#include "tests/unit/client_rows.h"

#define PROCESS(name, access) \
    "{\"type\":\"process\",\"pid\":7,\"name\":" name ",\"access\":\"" access "\"}\n"
#define MAP(process, kind, size) \
    "{\"type\":\"map\",\"pid\":7,\"process\":" process ",\"size\":" size ",\"kind\":" kind "}\n"
#define PAGES(process, resident, private)                                                  \
    "{\"type\":\"map\",\"pid\":7,\"process\":" process ",\"size\":8192,\"kind\":\"data\"," \
    "\"resident\":" resident ",\"shared\":1,\"private\":" private ",\"locked\":null}\n"
#define UNMATCHED \
    "{\"type\":\"process_error\",\"pid\":9,\"code\":\"no_such_process\",\"stage\":\"select\"}\n"
#define FAILED "{\"type\":\"process_error\",\"pid\":9,\"code\":\"access_denied\"}\n"
#define END(complete)                                                                        \
    "{\"type\":\"end\",\"processes\":1,\"rows\":1,\"errors\":0,\"complete\":" complete ",\"" \
    "elapsed_us\":1500000}\n"
#define ERROR "{\"type\":\"error\",\"code\":\"denied\",\"message\":\"m\"}\n"

#define DECLARE(name, help) "# HELP " name " " help "\n# TYPE " name " gauge\n"
#define PROCESSES DECLARE("lsmap_processes", "Processes of this name.")
#define MAPPINGS DECLARE("lsmap_mappings", "Mappings in all processes of this name.")
#define BYTES DECLARE("lsmap_mapped_bytes", "Address space of these mappings.")
#define GAUGE(name, help, sample) DECLARE(name, help) name sample "\n"
#define TAIL(failed, complete)                                                                 \
    GAUGE("lsmap_failed_processes", "Processes that could not be read, or not completely.",    \
          " " failed)                                                                          \
    GAUGE("lsmap_scan_complete", "1 when every process was read completely.", " " complete)    \
    GAUGE("lsmap_scan_scope", "1 for the processes that were looked at.", "{scope=\"all\"} 1") \
    GAUGE("lsmap_scan_seconds", "How long the server took.", " 1.5")                           \
    GAUGE("lsmap_build_info", "1; the version of lsmap.",                                      \
          "{version=\"" LSMAP_VERSION_STRING "\"} 1")

static void run_scan(struct fed *fed, enum columns_table kind, const char *rows, struct test *t)
{
    struct prometheus prometheus;

    prometheus_init(&prometheus, kind);
    const struct target target = prometheus_target(&prometheus);
    fed_init(fed);
    CHECK(t, feed(fed, &target, rows));
    prometheus_deinit(&prometheus);
}

static void names_are_summed_up(struct test *t)
{
    static const struct {
        enum columns_table kind;
        const char *rows, *expected;
    } rows[] = {
        {COLUMNS_PROCESSES,
         PROCESS("\"b.exe\"", "full") PROCESS("\"a.exe\"", "none") PROCESS("\"B.EXE\"", "limited")
             PROCESS("\"b.exe\"", "full") PROCESS("null", "later") END("true"),
         PROCESSES "lsmap_processes{process=\"*unknown*\",access=\"other\"} 1\n"
                   "lsmap_processes{process=\"a.exe\",access=\"none\"} 1\n"
                   "lsmap_processes{process=\"b.exe\",access=\"full\"} 2\n"
                   "lsmap_processes{process=\"b.exe\",access=\"limited\"} 1\n" TAIL("0", "1")},
        {COLUMNS_MAPS,
         PROCESS("\"a\"", "full") MAP("\"a\"", "\"image\"", "4096") MAP("\"a\"", "\"image\"", "1")
             MAP("\"a\"", "null", "5") FAILED UNMATCHED END("false"),
         PROCESSES "lsmap_processes{process=\"a\",access=\"full\"} 1\n" MAPPINGS
                   "lsmap_mappings{process=\"a\",kind=\"image\"} 2\n"
                   "lsmap_mappings{process=\"a\",kind=\"unknown\"} 1\n" BYTES
                   "lsmap_mapped_bytes{process=\"a\",kind=\"image\"} 4097\n"
                   "lsmap_mapped_bytes{process=\"a\",kind=\"unknown\"} 5\n" TAIL("1", "0")},
        /* no process is a result, too */
        {COLUMNS_PROCESSES, END("true"), PROCESSES TAIL("0", "1")},
        /* names that would break a line */
        {COLUMNS_PROCESSES, PROCESS("\"a\\\"\\\\b\\n\\u001b\"", "full") END("true"),
         PROCESSES "lsmap_processes{process=\"a\\\"\\\\b\xEF\xBF\xBD\xEF\xBF\xBD\",access=\"full\"}"
                   " 1\n" TAIL("0", "1")},
        /* nothing is written of a reply that is not complete */
        {COLUMNS_PROCESSES, PROCESS("\"a\"", "full"), ""},
        {COLUMNS_PROCESSES, ERROR, ""},
        {COLUMNS_PROCESSES, PROCESS("\"a\"", "full") ERROR, ""},
        {COLUMNS_PROCESSES, "", ""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fed fed;
        TEST_ROW(t, "row %zu", i);
        run_scan(&fed, rows[i].kind, rows[i].rows, t);
        check_out(t, rows[i].expected, &fed);
        fed_release(&fed);
    }
}

/* So that an alert can ask how old the last complete scan is. */
static void a_complete_scan_has_its_time(struct test *t)
{
    static const char name[] = "\nlsmap_last_complete_scan_timestamp_seconds ";
    static const struct {
        uint64_t now; /* FILETIME */
        const char *row, *sample;
    } rows[] = {
        {UINT64_C(116444736000000000), END("true"), "0\n"},
        {UINT64_C(134082703239999999), END("true"), "1763796723\n"},
        {UINT64_C(134082703231234567), END("false"), NULL},
        {UINT64_C(134082703231234567), END("true,\"scope\":\"own\""), NULL},
        {0, END("true"), NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct prometheus prometheus;
        struct fed fed;
        TEST_ROW(t, "row %zu", i);
        prometheus_init(&prometheus, COLUMNS_PROCESSES);
        prometheus.now = rows[i].now;
        const struct target target = prometheus_target(&prometheus);
        fed_init(&fed);
        CHECK(t, feed(&fed, &target, rows[i].row));
        REQUIRE(t, buffer_append(&fed.out, (struct span){"", 1}));
        const char *found = strstr(fed.out.data, name);
        CHECK(t, (found != NULL) == (rows[i].sample != NULL));
        CHECK(t, found == NULL ||
                     strncmp(found + strlen(name), rows[i].sample, strlen(rows[i].sample)) == 0);
        prometheus_deinit(&prometheus);
        fed_release(&fed);
    }
}

static void pages_add_what_is_in_memory(struct test *t)
{
    struct fed fed;

    run_scan(&fed, COLUMNS_PAGES,
             PAGES("\"a\"", "4096", "18446744073709551615") PAGES("\"a\"", "null", "7") END("true"),
             t);
    REQUIRE(t, buffer_append(&fed.out, (struct span){"", 1}));
    CHECK(t, strstr(fed.out.data, "\nlsmap_resident_bytes{process=\"a\",kind=\"data\"} 4096\n"));
    CHECK(t, strstr(fed.out.data, "\nlsmap_shared_bytes{process=\"a\",kind=\"data\"} 2\n"));
    CHECK(t, strstr(fed.out.data, "\nlsmap_locked_bytes{process=\"a\",kind=\"data\"} 0\n"));
    /* a sum does not wrap */
    CHECK(t, strstr(fed.out.data,
                    "\nlsmap_private_bytes{process=\"a\",kind=\"data\"} 18446744073709551615\n"));
    fed_release(&fed);
}

/* The number of series is bounded, however many names come; none is lost from the sum. */
static void names_are_bounded(struct test *t)
{
    enum { NAMES = PROMETHEUS_NAMES_MAX + 500 };
    struct prometheus prometheus;
    struct fed fed;
    char line[256];
    size_t series = 0;
    unsigned long long sum = 0;

    prometheus_init(&prometheus, COLUMNS_PROCESSES);
    const struct target target = prometheus_target(&prometheus);
    fed_init(&fed);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < NAMES; i++) {
            (void)snprintf(line, sizeof line, PROCESS("\"p%d.exe\"", "full"), i);
            CHECK(t, feed_lines(&fed, &target, line));
        }
    }
    CHECK(t, feed(&fed, &target, END("true")));
    REQUIRE(t, buffer_append(&fed.out, (struct span){"", 1}));
    for (const char *at = fed.out.data; (at = strstr(at, "\nlsmap_processes{")) != NULL; at++) {
        series++;
        sum += strtoull(strstr(at, "} ") + 2, NULL, 10);
    }
    CHECK_INT(t, PROMETHEUS_NAMES_MAX, series);
    CHECK_INT(t, 2 * NAMES, sum);
    CHECK(t, strstr(fed.out.data, "{process=\"" PROMETHEUS_OTHER "\",access=\"full\"} 1002\n"));
    fed_release(&fed);
    prometheus_deinit(&prometheus);
}

/* Long names are cut at a complete character, and those that are equal up to there are one. */
static void long_names_are_cut(struct test *t)
{
    enum { LONG = 2 * PROMETHEUS_NAME_SIZE_MAX };
    static char rows[4 * LONG], name[LONG + 1];
    struct fed fed;

    for (size_t i = 0; i < LONG; i += 2)
        memcpy(name + i, "\xC3\xA9", 2);
    name[0] = 'x'; /* so that the cut would be inside a character */
    name[1] = 'y';
    memmove(name + 1, name + 2, LONG - 2);
    name[LONG - 1] = '\0';
    snprintf(rows, sizeof rows, PROCESS("\"%s\"", "full") PROCESS("\"%sz\"", "full") END("true"),
             name, name);
    run_scan(&fed, COLUMNS_PROCESSES, rows, t);
    REQUIRE(t, buffer_append(&fed.out, (struct span){"", 1}));
    const char *label = strstr(fed.out.data, "process=\"");
    REQUIRE(t, label != NULL);
    label += 9;
    CHECK_INT(t, PROMETHEUS_NAME_SIZE_MAX - 1, strchr(label, '"') - label);
    CHECK(t, strstr(label, "access=\"full\"} 2\n") != NULL);
    fed_release(&fed);
}

static const struct request_id no_id = {.type = REQUEST_ID_NONE};

/* Shows the numbers of a server, of which one may be renamed to one that lsmap does not know. */
static void run_stats(struct fed *fed, const uint64_t *values, const char *without, struct test *t)
{
    struct prometheus prometheus;
    struct buffer line;

    buffer_init(&line, OUTPUT_ROW_SIZE_MAX);
    fed_init(fed);
    prometheus_init(&prometheus, COLUMNS_NONE);
    REQUIRE(t, reply_stats(&line, &no_id, values));
    buffer_text(&line, END("true"));
    buffer_append(&line, (struct span){"", 1});
    REQUIRE(t, !line.failed);
    if (without != NULL)
        strstr(line.data, without)[1] = 'X';
    const struct target target = prometheus_target(&prometheus);
    CHECK(t, feed(fed, &target, line.data));
    buffer_append(&fed->out, (struct span){"", 1});
    REQUIRE(t, !fed->out.failed);
    prometheus_deinit(&prometheus);
    buffer_release(&line);
}

static void seconds_have_a_point(struct test *t)
{
    static const struct {
        uint64_t time_us;
        const char *text;
    } rows[] = {
        {0, "0.0"},
        {1, "0.000001"},
        {100, "0.0001"},
        {500000, "0.5"},
        {1000000, "1.0"},
        {10000000, "10.0"},
        {1234567, "1.234567"},
        {1000001, "1.000001"},
        {UINT64_MAX, "18446744073709.551615"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        uint64_t values[STATISTICS_COUNT] = {0};
        char line[128];
        struct fed fed;
        TEST_ROW(t, "%s", rows[i].text);
        values[statistics_latency_index(CLASS_SELF, STATISTICS_BUCKET_COUNT + 1)] = rows[i].time_us;
        values[STATISTICS_UPTIME_MS] = rows[i].time_us / 1000;
        run_stats(&fed, values, NULL, t);
        (void)snprintf(line, sizeof line,
                       "\nlsmapd_request_duration_seconds_sum{class=\"self\"} %s\n", rows[i].text);
        CHECK(t, strstr(fed.out.data, line) != NULL);
        double uptime_s = strtod(strstr(fed.out.data, "\nlsmapd_uptime_seconds ") + 23, NULL);
        CHECK(t, uptime_s * 1000 == (double)values[STATISTICS_UPTIME_MS]);
        fed_release(&fed);
    }
}

static void each_bound_comes_back(struct test *t)
{
    uint64_t values[STATISTICS_COUNT] = {0};
    struct fed fed;

    run_stats(&fed, values, NULL, t);
    const char *at = fed.out.data;
    for (unsigned i = 0; i < STATISTICS_BUCKET_COUNT; i++) {
        at = strstr(at, "_bucket{class=\"maps_one\",le=\"");
        REQUIRE(t, at != NULL);
        at = strstr(at, "le=\"") + 4;
        CHECK(t, strtod(at, NULL) * 1e6 == (double)statistics_bounds_us[i]);
    }
    fed_release(&fed);
}

/* A number that the server does not send is left out; its declaration stays. */
static void unknown_numbers_are_left_out(struct test *t)
{
    uint64_t values[STATISTICS_COUNT] = {0};
    struct prometheus prometheus;
    struct fed fed;

    prometheus_init(&prometheus, COLUMNS_NONE);
    const struct target target = prometheus_target(&prometheus);
    fed_init(&fed);
    CHECK(t, feed(&fed, &target, "{\"type\":\"stats\"}\n" END("true")));
    CHECK(t, fed.out.size > 1000);
    for (size_t i = 0; i < fed.out.size; i++)
        CHECK(t, fed.out.data[i] != '\n' || i + 1 == fed.out.size || fed.out.data[i + 1] == '#');
    fed_release(&fed);
    prometheus_deinit(&prometheus);

    values[statistics_latency_index(CLASS_MAPS_ONE, STATISTICS_BUCKET_COUNT)] = 3;
    run_stats(&fed, values, "\"latency_self_le_1000_us\"", t); /* half a histogram is none */
    CHECK(t, strstr(fed.out.data, "class=\"self\"") == NULL);
    CHECK(t, strstr(fed.out.data, "_bucket{class=\"maps_one\",le=\"+Inf\"} 3\n") != NULL);
    fed_release(&fed);
}

/* Nothing is shown before the reply is known to be complete, and then once. */
static void numbers_wait_for_the_end(struct test *t)
{
    struct prometheus prometheus;
    struct fed fed;

    prometheus_init(&prometheus, COLUMNS_NONE);
    const struct target target = prometheus_target(&prometheus);
    fed_init(&fed);
    CHECK(t, feed(&fed, &target, "{\"type\":\"stats\",\"rows\":7}\n"));
    CHECK(t, feed(&fed, &target, ERROR));
    CHECK_INT(t, 0, fed.out.size);
    CHECK(t, feed(&fed, &target, END("true")));
    CHECK(t, span_starts_with(buffer_span(&fed.out), SPAN("# HELP lsmapd_uptime_seconds ")));
    buffer_append(&fed.out, (struct span){"", 1});
    const char *at = strstr(fed.out.data, "\nlsmapd_rows_total 7\n");
    CHECK(t, at != NULL && strstr(at + 1, "\nlsmapd_rows_total") == NULL);
    fed_release(&fed);
    prometheus_deinit(&prometheus);
}

static void a_full_buffer_is_reported(struct test *t)
{
    static const enum columns_table kinds[] = {COLUMNS_NONE, COLUMNS_MAPS};
    static const char rows[] = "{\"type\":\"stats\",\"rows\":7}\n" PROCESS("\"a\"", "full")
        MAP("\"a\"", "\"image\"", "4096") END("true");

    for (size_t i = 0; i < TEST_COUNT(kinds); i++) {
        bool fitted = false;
        for (size_t bound = 64; !fitted && bound < OUTPUT_SIZE; bound += bound / 8) {
            struct prometheus prometheus;
            struct fed fed;
            TEST_ROW(t, "table %zu, %zu bytes", i, bound);
            prometheus_init(&prometheus, kinds[i]);
            const struct target target = prometheus_target(&prometheus);
            fed_init(&fed);
            buffer_init(&fed.out, bound);
            fitted = feed(&fed, &target, rows);
            CHECK(t, fed.out.size <= bound && fed.out.failed == !fitted);
            CHECK(t, !fitted || fed.out.size > 500);
            fed_release(&fed);
            prometheus_deinit(&prometheus);
        }
        CHECK(t, fitted);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(names_are_summed_up),          TEST_CASE(pages_add_what_is_in_memory),
        TEST_CASE(a_complete_scan_has_its_time), TEST_CASE(names_are_bounded),
        TEST_CASE(long_names_are_cut),           TEST_CASE(seconds_have_a_point),
        TEST_CASE(each_bound_comes_back),        TEST_CASE(unknown_numbers_are_left_out),
        TEST_CASE(numbers_wait_for_the_end),     TEST_CASE(a_full_buffer_is_reported),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
