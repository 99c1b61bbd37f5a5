#include "client/rows/envelope.h"

#include "client/show/csv.h"
#include "common/json/reader.h"
#include "common/version.h"
#include "tests/rows/csv_reader.h"
#include "tests/unit/client_rows.h"

/* A clock that goes on by `step` at each look. */
struct clock {
    uint64_t now, step;
};

static uint64_t tick(struct clock *clock)
{
    clock->now += clock->step;
    return clock->now;
}

enum { FILETIME_MS = 10 * 1000 };

#define NOW 134084791231234567u /* 2025-11-24T18:32:03.1234567Z */

struct rig {
    struct clock clock;
    struct envelope envelope;
    struct target target;
    struct fed fed;
};

static bool add_and_write(void *context, struct row *row, struct buffer *out)
{
    struct rig *rig = context;

    envelope_add(&rig->envelope, row, tick(&rig->clock));
    return row_write(row, out);
}

static void rig_init(struct rig *rig, const char *host, uint64_t boot_time)
{
    uint8_t random[ENVELOPE_RANDOM_SIZE];

    *rig = (struct rig){.clock = {NOW, 0}};
    for (uint8_t i = 0; i < ENVELOPE_RANDOM_SIZE; i++)
        random[i] = i;
    envelope_init(&rig->envelope, host, boot_time, random);
    rig->target = (struct target){rig, add_and_write, NULL};
    fed_init(&rig->fed);
}

#define HEAD(type)                                                                           \
    "\"schema\":\"lsmap." type "/1\",\"host\":\"PC\",\"boot_time\":"                         \
    "\"2025-11-24T17:32:03.1234567Z\",\"scan_id\":\"00010203-0405-4607-8809-0a0b0c0d0e0f\"," \
    "\"time\":\"2025-11-24T17:32:03.123Z\",\"agent_version\":\"" LSMAP_VERSION_STRING "\","
#define PROCESS(start) \
    "\"id\":1,\"type\":\"process\",\"pid\":7,\"start\":" start ",\"access\":\"full\"}\n"
#define MAP(pid) "\"id\":1,\"type\":\"map\",\"pid\":" pid ",\"size\":1}\n"
#define START "\"2026-11-22T07:12:03.1234567Z\""

static void every_row_gets_it(struct test *t)
{
    static const struct {
        const char *line, *expected;
    } rows[] = {
        {"{" PROCESS(START), "{" HEAD("process") PROCESS(START)},
        {"{" MAP("7"), "{" HEAD("map") "\"process_start\":" START "," MAP("7")},
        /* of another process; its start is not known */
        {"{" MAP("8"), "{" HEAD("map") "\"process_start\":null," MAP("8")},
        {"{\"type\":\"process_error\",\"pid\":7,\"code\":\"c\"}\n",
         "{" HEAD("process_error") "\"process_start\":" START
                                   ",\"type\":\"process_error\",\"pid\":7,\"code\":\"c\"}\n"},
        /* white space, unknown members and odd numbers stay */
        {"  { \"type\" : \"later\" ,\"new\":[1e3, {}] }  \r\n",
         "{" HEAD("later") " \"type\" : \"later\" ,\"new\":[1e3, {}] }\n"},
        /* a type that needs an escape, or is too long */
        {"{\"type\":\"a\\\"b\"}\n", "{" HEAD("a\\\"b") "\"type\":\"a\\\"b\"}\n"},
        {"{\"type\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n",
         "{" HEAD("other") "\"type\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n"},
        {"{\"type\":\"\"}\n", "{" HEAD("other") "\"type\":\"\"}\n"},
        /* process identifier used again: the start of the last one */
        {"{" PROCESS("null"), "{" HEAD("process") PROCESS("null")},
        {"{" MAP("7"), "{" HEAD("map") "\"process_start\":null," MAP("7")},
        /* a start that needs escapes, or is too long for a time */
        {"{" PROCESS("\"\\\",\\\"x\""), "{" HEAD("process") PROCESS("\"\\\",\\\"x\"")},
        {"{" MAP("7"), "{" HEAD("map") "\"process_start\":\"\\\",\\\"x\"," MAP("7")},
        {"{" PROCESS("\"0123456789012345678901234567890123456789\""),
         "{" HEAD("process") PROCESS("\"0123456789012345678901234567890123456789\"")},
        {"{" MAP("7"), "{" HEAD("map") "\"process_start\":null," MAP("7")},
    };
    struct rig rig;

    rig_init(&rig, "PC", NOW);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        buffer_clear(&rig.fed.out);
        CHECK(t, feed(&rig.fed, &rig.target, rows[i].line));
        check_out(t, rows[i].expected, &rig.fed);
    }
    fed_release(&rig.fed);
}

/* A member that the row has already keeps its value, and is not written twice. */
static void a_row_keeps_what_it_has(struct test *t)
{
    static const char info[] = "{\"type\":\"info\",\"product\":\"lsmap\",\"protocol\":1,\"host\":"
                               "\"OTHER\",\"boot_time\":null}\n";
    static const char enveloped[] = "{\"schema\":\"x\",\"type\":\"later\"}\n";
    struct rig rig;

    rig_init(&rig, "PC", NOW);
    CHECK(t, feed(&rig.fed, &rig.target, info));
    check_out(t,
              "{\"schema\":\"lsmap.info/1\",\"scan_id\":\"00010203-0405-4607-8809-0a0b0c0d0e0f\","
              "\"time\":\"2025-11-24T17:32:03.123Z\",\"agent_version\":\"" LSMAP_VERSION_STRING
              "\",\"type\":\"info\",\"product\":\"lsmap\",\"protocol\":1,\"host\":\"OTHER\","
              "\"boot_time\":null}\n",
              &rig.fed);
    buffer_clear(&rig.fed.out);
    CHECK(t, feed(&rig.fed, &rig.target, enveloped));
    check_out(t, enveloped, &rig.fed);
    fed_release(&rig.fed);
}

/* The members are in the row as well as in its line, which reads back to the same. */
static void the_row_has_them(struct test *t)
{
    struct rig rig;
    struct row copy;
    struct row_error error;

    rig_init(&rig, "PC", NOW);
    row_init(&copy);
    CHECK(t, feed(&rig.fed, &rig.target, "{" PROCESS(START)));
    buffer_clear(&rig.fed.out);
    CHECK(t, feed(&rig.fed, &rig.target, "{" MAP("7")));
    struct span start = row_text(&rig.fed.row, MEMBER_PROCESS_START);
    CHECK_MEM(t, "2026-11-22T07:12:03.1234567Z", 28, start.data, start.size);
    REQUIRE(t, row_parse(&copy, (struct span){rig.fed.out.data, rig.fed.out.size - 1}, &error));
    CHECK(t, copy.seen == rig.fed.row.seen && copy.known == rig.fed.row.known);
    for (int i = MEMBER_ENVELOPE_FIRST; i <= MEMBER_ENVELOPE_LAST; i++)
        CHECK(t, span_equal(row_text(&copy, (enum row_member)i),
                            row_text(&rig.fed.row, (enum row_member)i)));
    row_release(&copy);
    fed_release(&rig.fed);
}

static void odd_machines_make_valid_lines(struct test *t)
{
    static const char *const hosts[] = {"", "a\"b\\c", "\xC3\x96st", "\n\x01", "\xff"};

    for (size_t i = 0; i < TEST_COUNT(hosts); i++) {
        struct rig rig;
        struct json_reader reader;
        TEST_ROW(t, "host %zu", i);
        rig_init(&rig, hosts[i], 0);
        CHECK(t, feed(&rig.fed, &rig.target, "{" MAP("7")));
        json_reader_init(&reader, (struct span){rig.fed.out.data, rig.fed.out.size - 1}, 4);
        enum json_event event = JSON_NULL;
        while (event != JSON_END && event != JSON_ERROR)
            event = json_next(&reader);
        CHECK_INT(t, JSON_END, event);
        CHECK(t, !row_knows(&rig.fed.row, MEMBER_BOOT_TIME));
        CHECK_INT(t, hosts[i][0] != '\0', row_knows(&rig.fed.row, MEMBER_HOST));
        fed_release(&rig.fed);
    }
}

static void the_time_goes_on(struct test *t)
{
    struct rig rig;

    rig_init(&rig, "PC", NOW);
    static const struct {
        uint64_t step;
        const char *time;
    } rows[] = {{0, "2025-11-24T17:32:03.123Z"},
                {FILETIME_MS, "2025-11-24T17:32:03.124Z"},
                {1, "2025-11-24T17:32:03.124Z"},
                {900 * FILETIME_MS, "2025-11-24T17:32:04.024Z"}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        rig.clock.step = rows[i].step;
        CHECK(t, feed(&rig.fed, &rig.target, "{" MAP("7")));
        struct span time = row_text(&rig.fed.row, MEMBER_TIME);
        CHECK_MEM(t, rows[i].time, strlen(rows[i].time), time.data, time.size);
    }
    fed_release(&rig.fed);
}

static void a_uuid_is_of_version_4(struct test *t)
{
    static const struct {
        uint8_t byte;
        const char *uuid;
    } rows[] = {
        {0x00, "00000000-0000-4000-8000-000000000000"},
        {0xff, "ffffffff-ffff-4fff-bfff-ffffffffffff"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        uint8_t random[ENVELOPE_RANDOM_SIZE];
        struct envelope envelope;
        memset(random, rows[i].byte, sizeof random);
        envelope_init(&envelope, "", 0, random);
        CHECK_STR(t, rows[i].uuid, envelope.scan_id);
    }
}

struct with_csv {
    struct envelope *envelope;
    struct csv *csv;
};

static bool add_and_show(void *context, struct row *row, struct buffer *out)
{
    const struct with_csv *with_csv = context;

    envelope_add(with_csv->envelope, row, NOW);
    return csv_row(with_csv->csv, row, out);
}

static void csv_has_them_first(struct test *t)
{
    static const struct {
        enum columns_table kind;
        const char *rows, *head;
    } rows[] = {
        {COLUMNS_MAPS, "{" PROCESS(START) "{" MAP("7"),
         "schema,host,boot_time,scan_id,time,agent_version,process_start,pid,process,"},
        {COLUMNS_REGIONS, "{" PROCESS(START) "{" MAP("7"),
         "schema,host,boot_time,scan_id,time,agent_version,process_start,type,pid,"},
        {COLUMNS_PROCESSES, "{" PROCESS(START),
         "schema,host,boot_time,scan_id,time,agent_version,pid,start,"},
    };
    static struct csv_reader reader;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct rig rig;
        struct csv csv;
        TEST_ROW(t, "row %zu", i);
        rig_init(&rig, "a,\"b\"", NOW);
        csv_init(&csv, rows[i].kind, false, true);
        struct with_csv with_csv = {&rig.envelope, &csv};
        const struct target target = {&with_csv, add_and_show, NULL};
        CHECK(t, feed(&rig.fed, &target, rows[i].rows));
        CHECK(t, span_starts_with(buffer_span(&rig.fed.out), span_from_string(rows[i].head)));
        csv_reader_init(&reader, buffer_span(&rig.fed.out));
        CHECK(t, csv_reader_next(&reader) && csv_reader_next(&reader));
        CHECK(t, span_equal(reader.fields[1].text, SPAN("a,\"b\"")));
        CHECK(t, csv.kind == COLUMNS_PROCESSES ||
                     span_equal(reader.fields[6].text, SPAN("2026-11-22T07:12:03.1234567Z")));
        CHECK(t, !csv_reader_next(&reader) && reader.error == NULL);
        csv_deinit(&csv);
        fed_release(&rig.fed);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_row_gets_it),  TEST_CASE(a_row_keeps_what_it_has),
        TEST_CASE(the_row_has_them),   TEST_CASE(odd_machines_make_valid_lines),
        TEST_CASE(the_time_goes_on),   TEST_CASE(a_uuid_is_of_version_4),
        TEST_CASE(csv_has_them_first),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
