/* The scan against /proc/PID/maps of the host for the same process. Wine only.
 *
 * Differences that are tolerated, and why:
 * - Images: Wine copies an image into anonymous memory or maps its sections one by one, so a host
 *   file inside the range of an image row is not comparable.
 * - Host entries that are no Windows view at all: ELF objects and locale tables, which the host's
 *   own loader and C library map; and names in brackets such as [stack].
 * - Files of Wine's own system folder: Wine opens its installed copy, which has another inode than
 *   the one in the prefix. The last component of the names must be the same.
 * - KUSER_SHARED_DATA at 0x7ffe0000: a host file for Wine, private memory for a Windows program, as
 *   it is on Windows.
 * - Sections without a file have a host file all the same, which Wine's server made and deleted.
 */
#include "tests/test.h"

#include <stdlib.h>

#include "common/text/fold.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "tests/win32/fixture_run.h"
#include "tests/win32/host_maps.h"
#include "tests/win32/live_scan.h"

enum { FIXTURE_DATA_VIEWS = 10, SHARED_DATA_BASE = 0x7ffe0000 };

static struct platform platform;
static struct fixture_run run;
static struct live_scan rows;
static struct host_maps host;

static bool contains(struct span text, const char *part)
{
    size_t part_size = strlen(part);
    for (size_t i = 0; i + part_size <= text.size; i++) {
        if (memcmp(text.data + i, part, part_size) == 0)
            return true;
    }
    return false;
}

/* True when the host's own loader, C library or font library mapped the file, or the entry is no
 * file. */
static bool is_hosts_own(struct span path)
{
    return path.data[0] != '/' || contains(path, "/locale/") || contains(path, "/gconv/") ||
           contains(path, "/fontconfig/") || contains(path, "/fonts/") || host_file_is_elf(path);
}

static const struct map_row *row_around(uint64_t address)
{
    for (size_t i = 0; i < rows.views_count; i++) {
        const struct map_row *map = &rows.views[i].map;
        if (address >= map->base && address - map->base < map->size)
            return map;
    }
    return NULL;
}

static struct span last_component(struct span path)
{
    size_t at = path.size;
    while (at > 0 && path.data[at - 1] != '/' && path.data[at - 1] != '\\')
        at--;
    return span_from(path, at);
}

static bool is_same_file(const struct host_map *entry, struct span dos_path)
{
    static const char system_folder[] = "C:\\windows\\system32\\";
    struct span start = {dos_path.data, sizeof system_folder - 1};

    if (dos_path.size > start.size && fold_equal(start, SPAN(system_folder)))
        return fold_equal(last_component(dos_path), last_component(entry->path));
    return entry->inode != 0 && entry->inode == host_inode_from_dos(dos_path);
}

static void every_data_row_is_mapped_on_the_host(struct test *t)
{
    size_t compared = 0;

    for (size_t i = 0; i < rows.views_count; i++) {
        const struct map_row *map = &rows.views[i].map;
        if (map->kind != VIEW_DATA)
            continue;
        TEST_ROW(t, "0x%" PRIx64 " %.*s", map->base, (int)map->device_path.size,
                 map->device_path.data != NULL ? map->device_path.data : "");
        compared++;
        const struct host_map *entry = host_maps_find(&host, map->base);
        CHECK(t, entry != NULL);
        if (entry == NULL)
            continue;
        CHECK_INT(t, entry->size, map->size);
        CHECK(t, map->path.data != NULL && is_same_file(entry, map->path));
    }
    t->row[0] = '\0';
    CHECK(t, compared >= FIXTURE_DATA_VIEWS);
}

static void every_host_file_has_its_row(struct test *t)
{
    size_t compared = 0;

    for (size_t i = 0; i < host.count; i++) {
        const struct host_map *entry = &host.maps[i];
        const struct map_row *map = row_around(entry->base);
        if (map != NULL && map->kind != VIEW_DATA)
            continue; /* an image or a section without a file */
        if (is_hosts_own(entry->path) || entry->base == SHARED_DATA_BASE)
            continue;
        TEST_ROW(t, "host 0x%" PRIx64 " %.60s", entry->base, entry->path.data);
        compared++;
        CHECK(t, map != NULL);
        if (map == NULL)
            continue;
        CHECK_INT(t, entry->base, map->base);
        CHECK_INT(t, entry->size, map->size);
    }
    t->row[0] = '\0';
    CHECK(t, compared >= FIXTURE_DATA_VIEWS);
}

static void a_view_at_an_offset_has_that_offset_on_the_host(struct test *t)
{
    const struct fixture_view *view = fixture_run_view(&run, "data-offset");
    REQUIRE(t, view != NULL);
    const struct host_map *entry = host_maps_find(&host, view->base);
    REQUIRE(t, entry != NULL);
    CHECK_INT(t, 128 * 1024, entry->offset);
    CHECK_INT(t, view->size, entry->size);
}

static void sections_without_a_file_are_deleted_files_on_the_host(struct test *t)
{
    for (size_t i = 0; i < rows.views_count; i++) {
        const struct map_row *map = &rows.views[i].map;
        if (map->kind != VIEW_PAGEFILE)
            continue;
        TEST_ROW(t, "base 0x%" PRIx64, map->base);
        const struct host_map *entry = host_maps_find(&host, map->base);
        if (entry != NULL)
            CHECK(t, contains(entry->path, "(deleted)") || contains(entry->path, "memfd:"));
    }
}

static bool prepare(void)
{
    if (platform_nt_create(&platform, 0) != ERROR_SUCCESS)
        return false;
    if (fixture_run_start(&run) != ERROR_SUCCESS) {
        puts("the fixture did not start");
        return false;
    }
    if (!live_scan_read(&rows, &platform, run.pid, VIEWS_PLAIN)) {
        puts("the scan of the fixture failed");
        return false;
    }
    if (!host_maps_read(&host, run.tag)) {
        puts("the host's process was not found");
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_data_row_is_mapped_on_the_host),
        TEST_CASE(every_host_file_has_its_row),
        TEST_CASE(a_view_at_an_offset_has_that_offset_on_the_host),
        TEST_CASE(sections_without_a_file_are_deleted_files_on_the_host),
    };
    int failed = 1;

    if (!system_is_wine()) {
        puts("SKIP oracle: Windows has no host below it\n0 passed, 0 failed, 1 skipped");
        return 77;
    }
    if (prepare())
        failed = test_main(argc, argv, cases, TEST_COUNT(cases));
    else
        puts("0 passed, 1 failed");
    host_maps_release(&host);
    live_scan_release(&rows);
    fixture_run_stop(&run);
    platform_nt_destroy(&platform);
    return failed;
}
