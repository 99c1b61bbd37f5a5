#include "tests/unit/reply_check.h"

#include "common/scan/regions.h"

static const struct request_id id_text = {
    .type = REQUEST_ID_STRING, .text = "a\"\n", .text_size = 3};

static const struct process_entry lsass = {
    .pid = 672, .parent_pid = 540, .session_id = 0, .start_time = 134084791231234567u};
static const struct process_facts facts = {.access = PROCESS_ACCESS_LIMITED,
                                           .start_time = 134084791231234568u,
                                           .arch = ARCH_X64,
                                           .protection = 0x41,
                                           .integrity = 0x4000,
                                           .owner = {12, {1, 1, 0, 0, 0, 0, 0, 5, 18}}};
static const struct process_facts no_facts = {
    .access = PROCESS_ACCESS_NONE, .protection = PROTECTION_UNKNOWN, .integrity = 0xffffffffu};

static void reply_process_rows(struct test *t)
{
    struct buffer out;
    struct scan_row row = {.type = SCAN_PROCESS,
                           .process = &lsass,
                           .process_name = SPAN("lsass.exe"),
                           .facts = &facts,
                           .image = SPAN("C:\\Windows\\System32\\lsass.exe"),
                           .services = {"KeyIso\0SamSs", 13}};
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);

    CHECK(t, reply_row(&out, &id_7, &row, DETAIL_VIEWS));
    check_line(
        t,
        "{\"id\":7,\"type\":\"process\",\"pid\":672,\"start\":\"2025-11-24T17:32:03.1234568Z\","
        "\"parent\":540,\"name\":\"lsass.exe\",\"image\":"
        "\"C:\\\\Windows\\\\System32\\\\lsass.exe\",\"session\":0,\"arch\":\"x64\","
        "\"protection\":\"PPL-Lsa\",\"access\":\"limited\",\"owner\":\"S-1-5-18\","
        "\"services\":[\"KeyIso\",\"SamSs\"]}",
        &out);

    row.services = SPAN("");
    row.facts = &no_facts; /* not opened: the start time is that of the list */
    row.image = (struct span){NULL, 0};
    CHECK(t, reply_row(&out, &no_id, &row, DETAIL_VIEWS));
    check_line(t,
               "{\"type\":\"process\",\"pid\":672,\"start\":\"2025-11-24T17:32:03.1234567Z\","
               "\"parent\":540,\"name\":\"lsass.exe\",\"image\":null,\"session\":0,\"arch\":null,"
               "\"protection\":null,\"access\":\"none\",\"owner\":null,\"services\":[]}",
               &out);

    const struct process_entry registry = {.pid = 4294967295u, .session_id = 1};
    row.process = &registry;
    row.services = (struct span){NULL, 0};
    row.process_name = (struct span){NULL, 0};
    CHECK(t, reply_row(&out, &id_text, &row, DETAIL_VIEWS));
    check_line(t,
               "{\"id\":\"a\\\"\\n\",\"type\":\"process\",\"pid\":4294967295,\"start\":null,"
               "\"parent\":0,\"name\":null,\"image\":null,\"session\":1,\"arch\":null,"
               "\"protection\":null,\"access\":\"none\",\"owner\":null,\"services\":null}",
               &out);
    buffer_release(&out);
}

static struct scan_row map_row(void)
{
    return (struct scan_row){
        .type = SCAN_MAP,
        .process = &lsass,
        .process_name = SPAN("lsass.exe"),
        .show_addresses = true,
        .map = {.base = 0x7ffb3c0a0000u,
                .size = 2039808,
                .committed = 2035712,
                .kind = VIEW_IMAGE,
                .protect = 0x80,
                .path = SPAN("C:\\Windows\\System32\\ntdll.dll"),
                .device_path = SPAN("\\Device\\HarddiskVolume3\\Windows\\System32\\ntdll.dll")}};
}

static void reply_map_rows(struct test *t)
{
    struct buffer out;
    struct scan_row row = map_row();
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);

    CHECK(t, reply_row(&out, &id_7, &row, DETAIL_REGIONS));
    check_line(
        t,
        "{\"id\":7,\"type\":\"map\",\"pid\":672,\"process\":\"lsass.exe\","
        "\"base\":\"0x00007ffb3c0a0000\",\"size\":2039808,\"committed\":2035712,\"kind\":\"image\","
        "\"protect\":\"PAGE_EXECUTE_WRITECOPY\",\"path\":"
        "\"C:\\\\Windows\\\\System32\\\\ntdll.dll\",\"device_path\":"
        "\"\\\\Device\\\\HarddiskVolume3\\\\Windows\\\\System32\\\\ntdll.dll\"}",
        &out);

    row.show_addresses = false;
    row.map.committed = COMMITTED_UNKNOWN;
    row.map.kind = VIEW_MAPPED;
    row.map.protect = 0;
    row.map.path = row.map.device_path = (struct span){NULL, 0};
    row.process_name = (struct span){NULL, 0};
    CHECK(t, reply_row(&out, &no_id, &row, DETAIL_VIEWS));
    check_line(
        t,
        "{\"type\":\"map\",\"pid\":672,\"process\":null,\"base\":null,\"size\":2039808,"
        "\"committed\":null,\"kind\":null,\"protect\":null,\"path\":null,\"device_path\":null}",
        &out);
    buffer_release(&out);
}

static void reply_map_rows_with_pages(struct test *t)
{
    struct buffer out;
    struct scan_row row = map_row();
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
    row.map.path = (struct span){NULL, 0};
    row.map.device_path = SPAN("\\x\xef\xbf\xbd");
    row.map.path_lossy = true;
    row.map.kind = VIEW_PHYSICAL;
    row.map.has_pages = row.map.has_shares = true;
    row.map.pages = (struct page_counts){
        .counted = 2039808, .resident = 40960, .shared = 32768, .private_ = 8192, .locked = 4096};
    CHECK(t, reply_row(&out, &no_id, &row, DETAIL_PAGES));
    check_line(t,
               "{\"type\":\"map\",\"pid\":672,\"process\":\"lsass.exe\","
               "\"base\":\"0x00007ffb3c0a0000\",\"size\":2039808,\"committed\":2035712,\"kind\":"
               "\"physical\","
               "\"protect\":\"PAGE_EXECUTE_WRITECOPY\",\"path\":null,"
               "\"device_path\":\"\\\\x\xef\xbf\xbd\",\"path_lossy\":true,\"resident\":40960,"
               "\"shared\":32768,\"private\":8192,\"locked\":4096,\"counted\":2039808}",
               &out);
    row.map.has_shares = false; /* Windows hides it from this server */
    CHECK(t, reply_row(&out, &no_id, &row, DETAIL_PAGES));
    check_line(t,
               "{\"type\":\"map\",\"pid\":672,\"process\":\"lsass.exe\","
               "\"base\":\"0x00007ffb3c0a0000\",\"size\":2039808,\"committed\":2035712,"
               "\"kind\":\"physical\",\"protect\":\"PAGE_EXECUTE_WRITECOPY\",\"path\":null,"
               "\"device_path\":\"\\\\x\xef\xbf\xbd\",\"path_lossy\":true,\"resident\":40960,"
               "\"shared\":null,\"private\":8192,\"locked\":4096,\"counted\":2039808}",
               &out);
    row.map.has_pages = false; /* what was counted before the refusal is not reported */
    row.map.path_lossy = false;
    row.map.name_status = 0xC0000022u;
    CHECK(t, reply_row(&out, &no_id, &row, DETAIL_PAGES));
    check_line(t,
               "{\"type\":\"map\",\"pid\":672,\"process\":\"lsass.exe\","
               "\"base\":\"0x00007ffb3c0a0000\",\"size\":2039808,\"committed\":2035712,\"kind\":"
               "\"physical\","
               "\"protect\":\"PAGE_EXECUTE_WRITECOPY\",\"path\":null,"
               "\"device_path\":\"\\\\x\xef\xbf\xbd\",\"name_status\":\"0xc0000022\",\"resident\":"
               "null,\"shared\":null,"
               "\"private\":null,\"locked\":null,\"counted\":0}",
               &out);
    buffer_release(&out);
}

static void reply_region_rows(struct test *t)
{
    struct buffer out;
    struct scan_row row = map_row();
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
    row.type = SCAN_REGION;
    row.region = (struct region){
        .base = 0x7ffb3c0a1000u, .size = 8192, .state = MEMORY_STATE_COMMIT, .protect = 0x20};
    CHECK(t, reply_row(&out, &id_7, &row, DETAIL_REGIONS));
    check_line(t,
               "{\"id\":7,\"type\":\"region\",\"pid\":672,\"view\":\"0x00007ffb3c0a0000\","
               "\"base\":\"0x00007ffb3c0a1000\",\"size\":8192,\"state\":\"MEM_COMMIT\","
               "\"protect\":\"PAGE_EXECUTE_READ\"}",
               &out);
    row.region.state = MEMORY_STATE_RESERVE; /* its protection means nothing */
    CHECK(t, reply_row(&out, &no_id, &row, DETAIL_REGIONS));
    check_line(t,
               "{\"type\":\"region\",\"pid\":672,\"view\":\"0x00007ffb3c0a0000\","
               "\"base\":\"0x00007ffb3c0a1000\",\"size\":8192,\"state\":\"MEM_RESERVE\","
               "\"protect\":null}",
               &out);
    buffer_release(&out);
}

static void reply_process_error_rows(struct test *t)
{
    struct buffer out;
    struct scan_row row = {.type = SCAN_ERROR,
                           .error = {.has_pid = true,
                                     .pid = 88,
                                     .process = SPAN("Secure System"),
                                     .code = STATUS_ACCESS_DENIED,
                                     .stage = STAGE_OPEN,
                                     .nt_status = 0xc0000022u,
                                     .message = "Refused."}};
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
    CHECK(t, reply_row(&out, &id_7, &row, DETAIL_VIEWS));
    check_line(t,
               "{\"id\":7,\"type\":\"process_error\",\"pid\":88,\"process\":\"Secure System\","
               "\"code\":\"access_denied\",\"stage\":\"open\",\"nt_status\":\"0xc0000022\","
               "\"message\":\"Refused.\"}",
               &out);
    row.error.process = (struct span){NULL, 0};
    row.error.code = STATUS_NO_SUCH_PROCESS;
    row.error.stage = STAGE_SELECT;
    row.error.nt_status = 0;
    CHECK(t, reply_row(&out, &no_id, &row, DETAIL_VIEWS));
    check_line(t,
               "{\"type\":\"process_error\",\"pid\":88,\"process\":null,"
               "\"code\":\"no_such_process\",\"stage\":\"select\",\"nt_status\":null,"
               "\"message\":\"Refused.\"}",
               &out);
    row.error.has_pid = false; /* a glob that matched nothing */
    row.error.process = SPAN("no*");
    CHECK(t, reply_row(&out, &no_id, &row, DETAIL_VIEWS));
    check_line(t,
               "{\"type\":\"process_error\",\"pid\":null,\"process\":\"no*\","
               "\"code\":\"no_such_process\",\"stage\":\"select\",\"nt_status\":null,"
               "\"message\":\"Refused.\"}",
               &out);
    buffer_release(&out);
}

static void reply_lines_fit_or_leave_the_buffer(struct test *t)
{
    struct scan_row row = map_row();
    size_t need = 0;
    for (size_t room = 0; need == 0 && room < 1024; room++) {
        struct buffer out;
        TEST_ROW(t, "room %zu", room);
        buffer_init(&out, room + 1);
        REQUIRE(t, buffer_append(&out, SPAN("#")));
        if (reply_row(&out, &id_7, &row, DETAIL_PAGES)) {
            need = room;
            CHECK_INT(t, room + 1, out.size); /* it fits as soon as there is room for it */
        } else {
            CHECK_MEM(t, "#", 1, out.data, out.size);
        }
        buffer_release(&out);
    }
    CHECK(t, need > 0);
}

/* The longest row: two names of 32,767 units, each unit with the longest escape. */
static void reply_longest_row_fits(struct test *t)
{
    const size_t size = NAME_SIZE_MAX;
    char *name = malloc(size);
    struct scan_row row = map_row();
    struct buffer out;
    REQUIRE(t, name != NULL);
    memset(name, 1,
           size); /* \u0001 takes six bytes; 3 of them for each unit are more than there can be */
    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
    row.map.path = row.map.device_path = (struct span){name, NAME_LENGTH_MAX};
    CHECK(t, reply_row(&out, &id_7, &row, DETAIL_PAGES));
    CHECK(t, out.size > 2 * 6 * (size_t)NAME_LENGTH_MAX);
    for (size_t i = 0; i + 3 <= size; i += 3)
        memcpy(name + i, "\xe2\x82\xac", 3);
    buffer_clear(&out);
    row.map.path = row.map.device_path = (struct span){name, size};
    CHECK(t, reply_row(&out, &id_7, &row, DETAIL_PAGES));
    buffer_release(&out);
    free(name);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(reply_process_rows),        TEST_CASE(reply_map_rows),
        TEST_CASE(reply_map_rows_with_pages), TEST_CASE(reply_region_rows),
        TEST_CASE(reply_process_error_rows),  TEST_CASE(reply_lines_fit_or_leave_the_buffer),
        TEST_CASE(reply_longest_row_fits),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
