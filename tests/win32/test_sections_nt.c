/* The named sections of a fixture process, through the real object manager. */
#include "tests/test.h"

#include <stdlib.h>
#include <wchar.h>

#include "common/scan/nt_status.h"
#include "common/scan/sections.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "tests/win32/fixture_run.h"
#include "tests/win32/lsmap_process.h"

enum { ROWS_MAX = 8, TEXT_CAPACITY = 256, STEPS_MAX = 1000 * 1000 };

struct found {
    char name[TEXT_CAPACITY], object[TEXT_CAPACITY];
    struct section_row row;
    uint32_t holder; /* the only one; 0: none or several */
};

static struct platform platform;
static struct fixture_run run;
static struct found rows[ROWS_MAX];
static size_t rows_count;
static unsigned long handles_before;
static enum scan_stage error_stage;
static unsigned errors_count;

static void keep(const struct sections *sections, const struct section_row *row)
{
    struct found *found = &rows[rows_count];
    struct span name;

    if (rows_count == ROWS_MAX)
        return;
    *found = (struct found){.row = *row};
    snprintf(found->name, TEXT_CAPACITY, "%.*s", (int)row->name.size, row->name.data);
    snprintf(found->object, TEXT_CAPACITY, "%.*s", (int)row->object.size, row->object.data);
    if (row->holders_count == 1)
        found->holder = sections_holder(sections, 0, &name)->pid;
    rows_count++;
}

/* Lists the sections that a pattern names. */
static bool list(const char *glob)
{
    const struct span span = span_from_string(glob);
    const struct scan_query query = {.names = &span, .names_count = 1};
    struct sections *sections = sections_create(&platform, &query, NULL);
    struct scan_row row = {.type = SCAN_NONE};

    rows_count = errors_count = 0;
    for (int i = 0; sections != NULL && i < STEPS_MAX && row.type != SCAN_END; i++) {
        sections_next(sections, &row);
        if (row.type == SCAN_SECTION)
            keep(sections, row.section);
        if (row.type == SCAN_ERROR || row.type == SCAN_FAILED) {
            errors_count++;
            error_stage = row.error.stage;
            if (row.error.stage != STAGE_HANDLES)
                printf("%s: 0x%08x %s\n", scan_stage_name(row.error.stage),
                       (unsigned)row.error.nt_status, row.error.message);
        }
    }
    sections_destroy(sections);
    return sections != NULL && row.type == SCAN_END;
}

static const struct found *find(const char *format)
{
    char name[TEXT_CAPACITY];

    snprintf(name, sizeof name, "%s%u", format, (unsigned)run.pid);
    const char *suffix = strchr(format, '|'); /* what follows the pid */
    if (suffix != NULL)
        snprintf(name, sizeof name, "%.*s%u%s", (int)(suffix - format), format, (unsigned)run.pid,
                 suffix + 1);
    for (size_t i = 0; i < rows_count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static bool list_fixture(void)
{
    char glob[TEXT_CAPACITY];

    snprintf(glob, sizeof glob, "*lsmap-fixture-%u*", (unsigned)run.pid);
    return list(glob);
}

static void sections_have_name_size_and_kind(struct test *t)
{
    static const struct {
        const char *name;
        const char *object; /* what its path contains */
        uint64_t size;      /* 0: of the image */
        uint32_t attributes;
        uint32_t mask;
    } expected[] = {
        {"Local\\lsmap-fixture-", "\\Sessions\\", 12288, 0x8000000, 0xdc00000},
        {"Global\\lsmap-fixture-", "\\BaseNamedObjects\\", 0x100000, 0x4000000, 0xdc00000},
        {"Local\\lsmap-fixture-|-data", "\\Sessions\\", 4096, SECTION_FILE, 0x1800000},
        {"Local\\lsmap-fixture-|-image", "\\Sessions\\", 0, SECTION_IMAGE, 0x1000000},
    };
    DWORD session = 0;

    CHECK(t, ProcessIdToSessionId(GetCurrentProcessId(), &session));
    REQUIRE(t, list_fixture());
    CHECK_INT(t, TEST_COUNT(expected), rows_count);
    for (size_t i = 0; i < TEST_COUNT(expected); i++) {
        const struct found *found = find(expected[i].name);
        TEST_ROW(t, "%s", expected[i].name);
        if (!CHECK(t, found != NULL))
            continue;
        CHECK(t, strstr(found->object, expected[i].object) == found->object);
        CHECK_INT(t, expected[i].name[0] == 'G' ? 0 : session, found->row.session);
        CHECK_INT(t, NTSTATUS_OK, found->row.nt_status);
        CHECK_INT(t, expected[i].attributes, found->row.attributes & expected[i].mask);
        if (expected[i].size != 0)
            CHECK_INT(t, expected[i].size, found->row.size);
        else
            CHECK(t, found->row.size > 4096);
    }
}

static void holders_are_known_or_said_to_be_unknown(struct test *t)
{
    REQUIRE(t, list_fixture());
    REQUIRE(t, CHECK_INT(t, 4, rows_count));
    for (size_t i = 0; i < rows_count; i++) {
        TEST_ROW(t, "%s", rows[i].name);
        if (rows[i].row.has_holders)
            CHECK_INT(t, run.pid, rows[i].holder);
        else
            CHECK(t, errors_count == 1 && error_stage == STAGE_HANDLES);
    }
    if (system_is_wine() && !rows[0].row.has_holders)
        TEST_SKIP(t, "under Wine nobody asks: it gives no addresses, and its server may crash");
}

static void a_section_that_is_gone_is_not_listed(struct test *t)
{
    char name[TEXT_CAPACITY];

    snprintf(name, sizeof name, "lsmap-sections-%u", (unsigned)GetCurrentProcessId());
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, name);
    REQUIRE(t, section != NULL);
    CHECK(t, list(name));
    CHECK_INT(t, 1, rows_count);
    CloseHandle(section);
    CHECK(t, list(name));
    CHECK_INT(t, 0, rows_count);
}

static void no_handle_stays_open(struct test *t)
{
    DWORD after = 0;

    CHECK(t, list("*"));
    CHECK(t, GetProcessHandleCount(GetCurrentProcess(), &handles_before));
    for (int i = 0; i < 5; i++)
        CHECK(t, list("*"));
    CHECK(t, GetProcessHandleCount(GetCurrentProcess(), &after));
    CHECK_INT(t, handles_before, after);
}

static void the_client_lists_them_without_a_service(struct test *t)
{
    wchar_t arguments[TEXT_CAPACITY];
    char name[TEXT_CAPACITY];
    struct lsmap_process lsmap;

    snprintf(name, sizeof name, "Local\\lsmap-fixture-%u", (unsigned)run.pid);
    REQUIRE(t, list(name)); /* what the client is to find */
    REQUIRE(t, CHECK_INT(t, 1, rows_count));
    swprintf(arguments, TEXT_CAPACITY, L"--direct sections \"Local\\lsmap-fixture-%u\" --json",
             (unsigned)run.pid);
    REQUIRE(t, lsmap_process_run(&lsmap, arguments));
    CHECK_INT(t, errors_count > 0, lsmap.exit_code);
    CHECK(t, (strstr(lsmap.out, "\"holders\":null") != NULL) == !rows[0].row.has_holders);
    CHECK(t, strstr(lsmap.out, "\"type\":\"section\"") != NULL);
    CHECK(t, strstr(lsmap.out, "\"size\":12288,") != NULL);
    CHECK(t, strstr(lsmap.out, "\"backing\":\"pagefile\"") != NULL);
    lsmap_process_release(&lsmap);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(sections_have_name_size_and_kind),
        TEST_CASE(holders_are_known_or_said_to_be_unknown),
        TEST_CASE(a_section_that_is_gone_is_not_listed),
        TEST_CASE(no_handle_stays_open),
        TEST_CASE(the_client_lists_them_without_a_service),
    };
    DWORD error = platform_nt_enable_debug();
    error = platform_nt_create(&platform, 0);
    if (error == ERROR_SUCCESS)
        error = fixture_run_start(&run);
    if (error != ERROR_SUCCESS) {
        printf("the fixture did not start: error %lu\n", (unsigned long)error);
        return 1;
    }
    const int code = test_main(argc, argv, cases, TEST_COUNT(cases));
    fixture_run_stop(&run);
    platform_nt_destroy(&platform);
    return code;
}
