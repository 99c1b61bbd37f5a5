/* The scan over the real platform against what the fixture process knows of itself, and against a
 * plain VirtualQueryEx walk. */
#include "tests/rows/process_find.h"
#include "tests/test.h"

#include <stdlib.h>
#include <wchar.h>

#include "common/text/fold.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "tests/win32/fixture_run.h"
#include "tests/win32/live_scan.h"

static struct platform platform;
static struct fixture_run run;
static struct live_scan rows;

static bool is_private(const struct fixture_view *view)
{
    return strcmp(view->kind, "private") == 0;
}

static void fixture_makes_everything(struct test *t)
{
    CHECK(t, run.count >= 15);
    for (size_t i = 0; i < run.count; i++) {
        TEST_ROW(t, "%s", run.views[i].label);
        CHECK(t, run.views[i].skipped == NULL);
    }
}

static void list_names_the_fixture_and_its_parent(struct test *t)
{
    struct process_list *list = process_list_create();

    REQUIRE(t, list != NULL);
    REQUIRE(t, platform.list(platform.context, false, list) == 0);
    const struct process_entry *entry = process_find(list, run.pid);
    CHECK(t, entry != NULL);
    if (entry != NULL) {
        CHECK(t, fold_equal(SPAN("fixture.exe"), process_list_name(list, entry)));
        CHECK_INT(t, GetCurrentProcessId(), entry->parent_pid);
    }
    process_list_release(list);
}

static void scan_reads_the_fixture_fully(struct test *t)
{
    CHECK_INT(t, 1, rows.processes_count);
    CHECK_INT(t, PROCESS_ACCESS_FULL, rows.access);
    CHECK_INT(t, STATUS_OK, rows.error.code);
    CHECK_INT(t, 0, rows.counts.errors);
}

static void every_view_is_there_exactly(struct test *t)
{
    for (size_t i = 0; i < run.count; i++) {
        const struct fixture_view *truth = &run.views[i];
        char protect[PROTECT_TEXT_CAPACITY];
        if (truth->skipped != NULL || is_private(truth))
            continue;
        TEST_ROW(t, "%s", truth->label);
        const struct live_view *row = live_scan_view(&rows, truth->base);
        CHECK(t, row != NULL);
        if (row == NULL)
            continue;
        CHECK_INT(t, truth->size, row->map.size);
        CHECK_STR(t, truth->kind, view_kind_name(row->map.kind));
        protect_format(protect, row->map.protect);
        CHECK_STR(t, truth->protect, protect);
        CHECK(t, !row->map.path_lossy);
        if (truth->path[0] != '\0')
            CHECK(t, fold_equal(span_from_string(truth->path), row->map.path));
        else
            CHECK(t, row->map.path.data == NULL && row->map.device_path.data == NULL);
    }
}

static void private_memory_is_no_view(struct test *t)
{
    for (size_t i = 0; i < run.count; i++) {
        const struct fixture_view *truth = &run.views[i];
        if (truth->skipped != NULL || !is_private(truth))
            continue;
        TEST_ROW(t, "%s", truth->label);
        for (size_t k = 0; k < rows.views_count; k++) {
            const struct map_row *map = &rows.views[k].map;
            CHECK(t,
                  map->base + map->size <= truth->base || map->base >= truth->base + truth->size);
        }
    }
}

/* One view according to a plain walk: the sum of the sizes of its regions, and their count. */
struct plain_view {
    uint64_t size;
    size_t regions;
};

static struct plain_view sum_view(const MEMORY_BASIC_INFORMATION *walk, size_t count, uint64_t base)
{
    struct plain_view sum = {0};
    for (size_t i = 0; i < count; i++) {
        if ((uintptr_t)walk[i].AllocationBase == base) {
            sum.size += walk[i].RegionSize;
            sum.regions++;
        }
    }
    return sum;
}

static void scan_and_plain_walk_name_the_same_views(struct test *t)
{
    size_t count = 0;
    size_t views = 0;

    MEMORY_BASIC_INFORMATION *walk = plain_walk(run.process, &count);
    REQUIRE(t, walk != NULL);
    for (size_t i = 0; i < count; i++) {
        uint64_t base = (uintptr_t)walk[i].AllocationBase;
        bool first = i == 0 || walk[i - 1].AllocationBase != walk[i].AllocationBase;
        if (!first || walk[i].Type == MEM_PRIVATE)
            continue;
        TEST_ROW(t, "base 0x%" PRIx64, base);
        views++;
        const struct live_view *row = live_scan_view(&rows, base);
        CHECK(t, row != NULL);
        if (row != NULL) {
            CHECK_INT(t, sum_view(walk, count, base).size, row->map.size);
            CHECK_INT(t, walk[i].Type == MEM_IMAGE, row->map.kind == VIEW_IMAGE);
        }
    }
    t->row[0] = '\0';
    CHECK_INT(t, views, rows.views_count);
    free(walk);
}

static const MEMORY_BASIC_INFORMATION *find_region(const MEMORY_BASIC_INFORMATION *walk,
                                                   size_t count, uint64_t base)
{
    for (size_t i = 0; i < count; i++) {
        if ((uintptr_t)walk[i].BaseAddress == base)
            return &walk[i];
    }
    return NULL;
}

static void regions_tile_their_views(struct test *t)
{
    size_t at = 0;

    for (size_t i = 0; i < rows.views_count; i++) {
        const struct map_row *map = &rows.views[i].map;
        uint64_t next = map->base;
        TEST_ROW(t, "base 0x%" PRIx64, map->base);
        while (at < rows.regions_count && rows.regions[at].view_base == map->base) {
            CHECK_INT(t, next, rows.regions[at].region.base);
            next = rows.regions[at].region.base + rows.regions[at].region.size;
            at++;
        }
        CHECK_INT(t, map->base + map->size, next);
    }
    CHECK_INT(t, rows.regions_count, at);
}

static void regions_are_those_of_the_plain_walk(struct test *t)
{
    size_t count = 0;

    MEMORY_BASIC_INFORMATION *walk = plain_walk(run.process, &count);
    REQUIRE(t, walk != NULL);
    for (size_t i = 0; i < rows.regions_count; i++) {
        const struct region *region = &rows.regions[i].region;
        TEST_ROW(t, "region 0x%" PRIx64, region->base);
        const MEMORY_BASIC_INFORMATION *plain = find_region(walk, count, region->base);
        CHECK(t, plain != NULL);
        if (plain == NULL)
            continue;
        CHECK_INT(t, plain->RegionSize, region->size);
        CHECK_INT(t, plain->State, region->state);
        CHECK_INT(t, plain->State == MEM_COMMIT ? plain->Protect : 0, region->protect);
    }
    free(walk);
}

static void a_view_with_different_protections_has_its_runs(struct test *t)
{
    for (size_t i = 0; i < run.count; i++) {
        const struct fixture_view *truth = &run.views[i];
        size_t found = 0;
        if (truth->skipped != NULL || truth->regions == 0 || is_private(truth))
            continue;
        TEST_ROW(t, "%s", truth->label);
        for (size_t k = 0; k < rows.regions_count; k++)
            found += rows.regions[k].view_base == truth->base;
        CHECK_INT(t, truth->regions, found);
    }
}

static void pages_of_a_written_view_are_resident(struct test *t)
{
    struct live_scan paged;

    if (system_is_wine())
        TEST_SKIP(t, "Wine knows the pages of the calling process only");
    REQUIRE(t, live_scan_read(&paged, &platform, run.pid, VIEWS_WITH_PAGES));
    for (size_t i = 0; i < paged.views_count; i++) {
        const struct map_row *map = &paged.views[i].map;
        TEST_ROW(t, "base 0x%" PRIx64, map->base);
        CHECK(t, map->has_pages);
        CHECK(t, map->pages.counted <= map->size);
        CHECK(t, map->pages.resident <= map->pages.counted);
    }
    live_scan_release(&paged);
}

static void scans_leave_no_handle(struct test *t)
{
    DWORD before = 0, after = 0;

    REQUIRE(t, GetProcessHandleCount(GetCurrentProcess(), &before));
    for (int i = 0; i < 5; i++) {
        struct live_scan again;
        CHECK(t, live_scan_read(&again, &platform, run.pid, VIEWS_PLAIN));
        CHECK_INT(t, rows.views_count, again.views_count);
        live_scan_release(&again);
    }
    REQUIRE(t, GetProcessHandleCount(GetCurrentProcess(), &after));
    CHECK_INT(t, before, after);
}

static void fixture_leaves_no_file(struct test *t)
{
    struct fixture_run other;
    wchar_t path[FIXTURE_PATH_LEN_MAX];

    REQUIRE(t, fixture_run_start(&other) == ERROR_SUCCESS);
    const struct fixture_view *view = fixture_run_view(&other, "data-first");
    REQUIRE(t, view != NULL);
    CHECK_INT(t, ERROR_SUCCESS,
              text_w_from_utf8(path, FIXTURE_PATH_LEN_MAX, span_from_string(view->path)));
    CHECK(t, GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES);
    fixture_run_stop(&other);
    CHECK(t, GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES);
    *wcsrchr(path, L'\\') = L'\0'; /* its folder */
    CHECK(t, GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(fixture_makes_everything),
        TEST_CASE(list_names_the_fixture_and_its_parent),
        TEST_CASE(scan_reads_the_fixture_fully),
        TEST_CASE(every_view_is_there_exactly),
        TEST_CASE(private_memory_is_no_view),
        TEST_CASE(scan_and_plain_walk_name_the_same_views),
        TEST_CASE(regions_tile_their_views),
        TEST_CASE(regions_are_those_of_the_plain_walk),
        TEST_CASE(a_view_with_different_protections_has_its_runs),
        TEST_CASE(pages_of_a_written_view_are_resident),
        TEST_CASE(scans_leave_no_handle),
        TEST_CASE(fixture_leaves_no_file),
    };
    int failed = 1;

    if (platform_nt_create(&platform, 0) != ERROR_SUCCESS)
        return 1;
    if (fixture_run_start(&run) != ERROR_SUCCESS)
        puts("the fixture did not start\n0 passed, 1 failed");
    else if (!live_scan_read(&rows, &platform, run.pid, VIEWS_WITH_REGIONS))
        puts("the scan of the fixture failed\n0 passed, 1 failed");
    else
        failed = test_main(argc, argv, cases, TEST_COUNT(cases));
    live_scan_release(&rows);
    fixture_run_stop(&run);
    platform_nt_destroy(&platform);
    return failed;
}
