#include "tests/unit/reply_check.h"

#include "common/json/reader.h"
#include "common/proto/protocol.h"
#include "common/version.h"

static void reply_info_lines(struct test *t)
{
    static const char limits_and_ops[] =
        "\"limits\":{\"request_size\":262144,\"depth\":4,\"pids\":1024,\"names\":64,\"paths\":64,"
        "\"id_size\":64,\"name_size\":1024,\"path_len\":32767,\"row_size\":1048576,"
        "\"connections\":128,\"connections_per_user\":32,"
        "\"scans\":1,\"scan_wait_ms\":5000,\"first_byte_ms\":5000,\"request_ms\":5000,"
        "\"idle_ms\":300000,\"write_ms\":10000,\"answer_ms\":60000},"
        "\"capabilities\":[\"info\",\"whoami\",\"processes\",\"maps\",\"sections\",%s\"own\","
        "\"kinds\",\"path\","
        "\"address\",\"regions\",\"pages\",\"debug\"]";
    struct server_info info = {.mode = "service",
                               .host = "PC\xc3\xa9",
                               .os_build = "10.0.19045",
                               .boot_time = 134084791231234567u,
                               .started = 134084791231234568u};
    struct server_limits limits;
    struct buffer out;
    char expected[1024], rest[640];
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
    server_limits_default(&limits, 1);

    snprintf(rest, sizeof rest, limits_and_ops, "\"stats\",");
    snprintf(expected, sizeof expected,
             "{\"id\":7,\"type\":\"info\",\"product\":\"lsmap\",\"version\":\"%s\",\"protocol\":1,"
             "\"mode\":\"service\",\"host\":\"PC\xc3\xa9\",\"os_build\":\"10.0.19045\","
             "\"wine\":null,\"boot_time\":\"2025-11-24T17:32:03.1234567Z\","
             "\"started\":\"2025-11-24T17:32:03.1234568Z\",%s}",
             LSMAP_VERSION_STRING, rest);
    CHECK(t, reply_info(&out, &id_7, &info, &limits, true));
    check_line(t, expected, &out);

    info = (struct server_info){.mode = "direct", .wine = "8.0"};
    snprintf(rest, sizeof rest, limits_and_ops, "");
    snprintf(expected, sizeof expected,
             "{\"type\":\"info\",\"product\":\"lsmap\",\"version\":\"%s\",\"protocol\":1,"
             "\"mode\":\"direct\",\"host\":null,\"os_build\":null,\"wine\":\"8.0\","
             "\"boot_time\":null,\"started\":null,%s}",
             LSMAP_VERSION_STRING, rest);
    CHECK(t, reply_info(&out, &no_id, &info, &limits, false));
    check_line(t, expected, &out);
    buffer_release(&out);
}

/* Every number has its name, in order; none is null. */
static void reply_stats_lines(struct test *t)
{
    uint64_t values[STATISTICS_COUNT];
    struct json_reader reader;
    struct buffer out;
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);

    for (size_t i = 0; i < STATISTICS_COUNT; i++)
        values[i] = i * 1000;
    values[STATISTICS_COUNT - 1] = UINT64_MAX;
    CHECK(t, reply_stats(&out, &id_7, values));
    CHECK(t,
          span_starts_with(buffer_span(&out), SPAN("{\"id\":7,\"type\":\"stats\",\"uptime_ms\":0,"
                                                   "\"connections_now\":1000,")));
    json_reader_init(&reader, buffer_span(&out), 1);
    CHECK_INT(t, JSON_OBJECT_OPEN, json_next(&reader));
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(t, JSON_KEY, json_next(&reader));
        CHECK(t, json_skip(&reader));
    }
    for (size_t i = 0; i < STATISTICS_COUNT; i++) {
        char name[STATISTICS_NAME_CAPACITY];
        uint64_t value = 1;
        statistics_name(i, name);
        TEST_ROW(t, "%s", name);
        CHECK_INT(t, JSON_KEY, json_next(&reader));
        CHECK(t, span_equal(reader.token, span_from_string(name)));
        CHECK_INT(t, JSON_NUMBER, json_next(&reader));
        CHECK(t, json_uint64(&reader, &value) && value == values[i]);
    }
    CHECK_INT(t, JSON_OBJECT_CLOSE, json_next(&reader));
    CHECK_INT(t, JSON_END, json_next(&reader));

    out.capacity_max = out.size; /* the next line has no room and leaves the buffer unchanged */
    const size_t size = out.size;
    CHECK(t, !reply_stats(&out, &id_7, values));
    CHECK_INT(t, size, out.size);
    buffer_release(&out);
}

static void reply_whoami_lines(struct test *t)
{
    static const uint8_t system_sid[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    struct grant grant = {.rights = RIGHTS_ALL,
                          .caller = {.elevation = ELEVATION_DEFAULT,
                                     .administrator = ADMINISTRATOR_DENY_ONLY,
                                     .integrity = 0x4000,
                                     .session_id = 0,
                                     .app_container = FACT_NO,
                                     .restricted = FACT_YES},
                          .reason = "Granted."};
    struct buffer out;
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
    REQUIRE(t, sid_set(&grant.caller.user, system_sid, sizeof system_sid));
    CHECK(t, reply_whoami(&out, &id_7, &grant, "NT AUTHORITY\\SYSTEM"));
    check_line(t,
               "{\"id\":7,\"type\":\"whoami\",\"sid\":\"S-1-5-18\","
               "\"user\":\"NT AUTHORITY\\\\SYSTEM\",\"elevation\":\"default\","
               "\"administrator\":\"deny_only\","
               "\"integrity\":\"system\",\"session\":0,\"app_container\":false,"
               "\"restricted\":true,\"rights\":[\"connect\",\"query_own\",\"query_all\","
               "\"addresses\",\"statistics\"],\"reason\":\"Granted.\"}",
               &out);

    grant = (struct grant){
        .rights = 0,
        .caller = {.integrity = 0xffffffffu, .session_id = UINT32_MAX, .app_container = FACT_YES}};
    CHECK(t, reply_whoami(&out, &no_id, &grant, ""));
    check_line(t,
               "{\"type\":\"whoami\",\"sid\":null,\"user\":null,\"elevation\":null,"
               "\"administrator\":null,\"integrity\":null,\"session\":null,\"app_container\":true,"
               "\"restricted\":null,"
               "\"rights\":[],\"reason\":null}",
               &out);
    buffer_release(&out);
}

static void reply_whoami_integrity(struct test *t)
{
    static const struct {
        uint32_t rid;
        const char *text;
    } rows[] = {
        {0, "\"untrusted\""},     {0x1000, "\"low\""},      {0x2000, "\"medium\""},
        {0x2100, "\"0x2100\""},   {0x3000, "\"high\""},     {0x4000, "\"system\""},
        {0x5000, "\"0x5000\""},   {0x10, "\"0x0010\""},     {0xfffffffeu, "\"0xfffffffe\""},
        {0xffffffffu, "null,\""}, {0x10000, "\"0x10000\""}, {0xfffff000u, "\"0xfffff000\""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct grant grant = {.caller = {.integrity = rows[i].rid}};
        struct buffer out;
        char expected[64];
        TEST_ROW(t, "%s", rows[i].text);
        buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
        CHECK(t, reply_whoami(&out, &no_id, &grant, ""));
        REQUIRE(t, buffer_append(&out, (struct span){"", 1}));
        snprintf(expected, sizeof expected, "\"integrity\":%s", rows[i].text);
        CHECK(t, strstr(out.data, expected) != NULL);
        buffer_release(&out);
    }
}

static void reply_end_lines(struct test *t)
{
    struct buffer out;
    struct scan_counts counts = {.rows = 1};
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
    CHECK(t, reply_end(&out, &no_id, &counts, NULL, 12, false));
    check_line(t,
               "{\"type\":\"end\",\"processes\":0,\"rows\":1,\"errors\":0,\"complete\":true,"
               "\"elapsed_us\":12}",
               &out);
    counts = (struct scan_counts){
        .processes = 2, .rows = 143, .errors = 1, .exited = 3, .queries = {1, 2, 3, 4, 5, 6, 0}};
    CHECK(t, reply_end(&out, &id_7, &counts, "own", 1834, true));
    check_line(t,
               "{\"id\":7,\"type\":\"end\",\"processes\":2,\"rows\":143,\"errors\":1,"
               "\"complete\":false,\"scope\":\"own\",\"elapsed_us\":1834,\"exited\":3,"
               "\"queries\":{\"list\":1,\"open\":2,\"region\":3,\"allocation\":4,\"name\":5,"
               "\"pages\":6}}",
               &out);
    /* what matched nothing does not make the list incomplete */
    counts = (struct scan_counts){.rows = 2, .unmatched = 2};
    CHECK(t, reply_end(&out, &no_id, &counts, "all", 1, false));
    check_line(t,
               "{\"type\":\"end\",\"processes\":0,\"rows\":2,\"errors\":0,\"complete\":true,"
               "\"scope\":\"all\",\"elapsed_us\":1,\"unmatched\":2}",
               &out);
    buffer_release(&out);
}

static void reply_error_lines(struct test *t)
{
    struct buffer out;
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
    CHECK(t, reply_error(&out, &id_7, STATUS_BAD_REQUEST, "unknown member \"pidd\" at offset 9",
                         "Hint.", 0));
    check_line(t,
               "{\"id\":7,\"type\":\"error\",\"code\":\"bad_request\","
               "\"message\":\"unknown member \\\"pidd\\\" at offset 9\",\"hint\":\"Hint.\"}",
               &out);
    CHECK(t, reply_error(&out, &no_id, STATUS_INTERNAL, "m", NULL, 0xc0000004u));
    check_line(t,
               "{\"type\":\"error\",\"code\":\"internal\",\"message\":\"m\",\"hint\":null,"
               "\"nt_status\":\"0xc0000004\"}",
               &out);
    buffer_release(&out);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(reply_info_lines),   TEST_CASE(reply_stats_lines),
        TEST_CASE(reply_whoami_lines), TEST_CASE(reply_whoami_integrity),
        TEST_CASE(reply_end_lines),    TEST_CASE(reply_error_lines),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
