#include "client/show/metrics.h"

#include "tests/unit/client_rows.h"

#define PROCESS(name, access) \
    "{\"type\":\"process\",\"pid\":7,\"name\":" name ",\"access\":\"" access "\"}\n"
#define MAP(process, kind, size) \
    "{\"type\":\"map\",\"pid\":7,\"process\":" process ",\"size\":" size ",\"kind\":" kind "}\n"
#define PAGES(process, resident, private)                                                  \
    "{\"type\":\"map\",\"pid\":7,\"process\":" process ",\"size\":8192,\"kind\":\"data\"," \
    "\"resident\":" resident ",\"shared\":1,\"private\":" private ",\"locked\":null}\n"
#define FAILED "{\"type\":\"process_error\",\"pid\":9,\"code\":\"access_denied\"}\n"
#define END(complete)                                                                        \
    "{\"type\":\"end\",\"processes\":1,\"rows\":1,\"errors\":0,\"complete\":" complete ",\"" \
    "elapsed_us\":1500000}\n"
#define ERROR "{\"type\":\"error\",\"code\":\"denied\",\"message\":\"m\"}\n"

#define DECLARE(name, unit, help) "# HELP " name " " help "\n# TYPE " name " gauge\n" unit
#define PROCESSES DECLARE("lsmap_processes", "", "Processes of this name.")
#define MAPPINGS DECLARE("lsmap_mappings", "", "Mappings in all processes of this name.")
#define BYTES                                                          \
    DECLARE("lsmap_mapped_bytes", "# UNIT lsmap_mapped_bytes bytes\n", \
            "Address space of these mappings.")
#define TAIL(failed, complete, seconds)                                                           \
    DECLARE("lsmap_failed_processes", "",                                                         \
            "Processes that could not be read, or not to their end.")                             \
    "lsmap_failed_processes " failed "\n" DECLARE(                                                \
        "lsmap_scan_complete", "",                                                                \
        "1 when every process was read to its end.") "lsmap_scan_complete " complete              \
                                                     "\n" DECLARE(                                \
                                                         "lsmap_scan_seconds",                    \
                                                         "# UNIT lsmap_scan_seconds seconds\n",   \
                                                         "How long the server took.") "lsmap_"    \
                                                                                      "scan_"     \
                                                                                      "seconds"   \
                                                                                      " " seconds \
                                                                                      "\n# EOF\n"

static void run_metrics(struct fed *fed, enum request_op op, enum request_detail detail,
                        const char *rows, struct test *t)
{
    struct metrics metrics;

    metrics_init(&metrics, op, detail);
    struct row_sink sink = metrics_sink(&metrics);
    fed_init(fed);
    CHECK(t, feed(fed, &sink, rows));
    metrics_deinit(&metrics);
}

static void names_are_summed_up(struct test *t)
{
    static const struct {
        enum request_op op;
        const char *rows, *expected;
    } rows[] = {
        {OP_PROCESSES,
         PROCESS("\"b.exe\"", "full") PROCESS("\"a.exe\"", "none") PROCESS("\"B.EXE\"", "limited")
             PROCESS("\"b.exe\"", "full") PROCESS("null", "later") END("true"),
         PROCESSES
         "lsmap_processes{process=\"*unknown*\",access=\"other\"} 1\n"
         "lsmap_processes{process=\"a.exe\",access=\"none\"} 1\n"
         "lsmap_processes{process=\"b.exe\",access=\"full\"} 2\n"
         "lsmap_processes{process=\"b.exe\",access=\"limited\"} 1\n" TAIL("0", "1", "1.5")},
        {OP_MAPS,
         PROCESS("\"a\"", "full") MAP("\"a\"", "\"image\"", "4096") MAP("\"a\"", "\"image\"", "1")
             MAP("\"a\"", "null", "5") FAILED END("false"),
         PROCESSES "lsmap_processes{process=\"a\",access=\"full\"} 1\n" MAPPINGS
                   "lsmap_mappings{process=\"a\",kind=\"image\"} 2\n"
                   "lsmap_mappings{process=\"a\",kind=\"unknown\"} 1\n" BYTES
                   "lsmap_mapped_bytes{process=\"a\",kind=\"image\"} 4097\n"
                   "lsmap_mapped_bytes{process=\"a\",kind=\"unknown\"} 5\n" TAIL("1", "0", "1.5")},
        /* nothing there is a fact, too */
        {OP_PROCESSES, END("true"), PROCESSES TAIL("0", "1", "1.5")},
        /* two requests */
        {OP_PROCESSES, PROCESS("\"a\"", "full") END("true") PROCESS("\"a\"", "full") END("false"),
         PROCESSES "lsmap_processes{process=\"a\",access=\"full\"} 2\n" TAIL("0", "0", "3.0")},
        /* names that would break a line */
        {OP_PROCESSES, PROCESS("\"a\\\"\\\\b\\n\\u001b\"", "full") END("true"),
         PROCESSES "lsmap_processes{process=\"a\\\"\\\\b\xEF\xBF\xBD\xEF\xBF\xBD\",access=\"full\"}"
                   " 1\n" TAIL("0", "1", "1.5")},
        /* what is not whole is not told */
        {OP_PROCESSES, PROCESS("\"a\"", "full"), ""},
        {OP_PROCESSES, ERROR, ""},
        {OP_PROCESSES, PROCESS("\"a\"", "full") END("true") ERROR, ""},
        {OP_PROCESSES, PROCESS("\"a\"", "full") END("true") PROCESS("\"a\"", "full"), ""},
        {OP_PROCESSES, "", ""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fed fed;
        TEST_ROW(t, "row %zu", i);
        run_metrics(&fed, rows[i].op, DETAIL_VIEWS, rows[i].rows, t);
        check_out(t, rows[i].expected, &fed);
        fed_release(&fed);
    }
}

static void pages_add_what_is_in_memory(struct test *t)
{
    struct fed fed;

    run_metrics(
        &fed, OP_MAPS, DETAIL_PAGES,
        PAGES("\"a\"", "4096", "18446744073709551615") PAGES("\"a\"", "null", "7") END("true"), t);
    REQUIRE(t, buffer_append(&fed.out, (struct span){"", 1}));
    CHECK(t, strstr(fed.out.data, "\nlsmap_resident_bytes{process=\"a\",kind=\"data\"} 4096\n"));
    CHECK(t, strstr(fed.out.data, "\nlsmap_shared_bytes{process=\"a\",kind=\"data\"} 2\n"));
    CHECK(t, strstr(fed.out.data, "\nlsmap_locked_bytes{process=\"a\",kind=\"data\"} 0\n"));
    /* a sum does not wrap */
    CHECK(t, strstr(fed.out.data,
                    "\nlsmap_private_bytes{process=\"a\",kind=\"data\"} 18446744073709551615\n"));
    fed_release(&fed);
}

/* However many names come, there are so many series; none of them is lost from the sum. */
static void names_are_bounded(struct test *t)
{
    enum { NAMES = METRICS_NAMES_MAX + 500 };
    struct metrics metrics;
    struct fed fed;
    char line[256];
    size_t series = 0;
    unsigned long long sum = 0;

    metrics_init(&metrics, OP_PROCESSES, DETAIL_VIEWS);
    struct row_sink sink = metrics_sink(&metrics);
    fed_init(&fed);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < NAMES; i++) {
            int size = snprintf(line, sizeof line, PROCESS("\"p%d.exe\"", "full"), i);
            CHECK(t, feed_line(&fed, &sink, (struct span){line, (size_t)size - 1}));
        }
    }
    CHECK(t, feed(&fed, &sink, END("true")));
    REQUIRE(t, buffer_append(&fed.out, (struct span){"", 1}));
    for (const char *at = fed.out.data; (at = strstr(at, "\nlsmap_processes{")) != NULL; at++) {
        series++;
        sum += strtoull(strstr(at, "} ") + 2, NULL, 10);
    }
    CHECK_INT(t, METRICS_NAMES_MAX, series);
    CHECK_INT(t, 2 * NAMES, sum);
    CHECK(t, strstr(fed.out.data, "{process=\"" METRICS_OTHER "\",access=\"full\"} 1002\n"));
    fed_release(&fed);
    metrics_deinit(&metrics);
}

/* Long names are cut at a whole character, and those that are alike up to there are one. */
static void long_names_are_cut(struct test *t)
{
    enum { LONG = 2 * METRICS_NAME_SIZE_MAX };
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
    run_metrics(&fed, OP_PROCESSES, DETAIL_VIEWS, rows, t);
    REQUIRE(t, buffer_append(&fed.out, (struct span){"", 1}));
    const char *label = strstr(fed.out.data, "process=\"");
    REQUIRE(t, label != NULL);
    label += 9;
    CHECK_INT(t, METRICS_NAME_SIZE_MAX - 1, strchr(label, '"') - label);
    CHECK(t, strstr(label, "access=\"full\"} 2\n") != NULL);
    fed_release(&fed);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(names_are_summed_up),
        TEST_CASE(pages_add_what_is_in_memory),
        TEST_CASE(names_are_bounded),
        TEST_CASE(long_names_are_cut),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
