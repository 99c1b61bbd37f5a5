#include "tests/win32/live_scan.h"

#include <stdlib.h>
#include <string.h>

#include "tests/rows/scan_rows.h"

static struct span keep(char *out, struct span text)
{
    if (text.data == NULL || text.size >= FIXTURE_PATH_CAPACITY)
        return (struct span){NULL, 0};
    memcpy(out, text.data, text.size);
    return (struct span){out, text.size};
}

static bool add_view(struct live_scan *rows, const struct map_row *map)
{
    if (rows->views_count >= LIVE_VIEWS_MAX)
        return false;
    struct live_view *view = &rows->views[rows->views_count++];
    view->map = *map;
    view->map.path = keep(view->path, map->path);
    view->map.device_path = keep(view->device_path, map->device_path);
    return true;
}

static bool add_region(struct live_scan *rows, const struct scan_row *row)
{
    if (rows->regions_count >= LIVE_REGIONS_MAX)
        return false;
    rows->regions[rows->regions_count++] =
        (struct live_region){.view_base = row->map.base, .region = row->region};
    return true;
}

static bool add_row(struct live_scan *rows, const struct scan_row *row)
{
    switch (row->type) {
    case SCAN_PROCESS:
        rows->processes_count++;
        rows->access = row->facts->access;
        return true;
    case SCAN_MAP:
        return add_view(rows, &row->map);
    case SCAN_REGION:
        return add_region(rows, row);
    case SCAN_ERROR:
        rows->error = row->error;
        return true;
    case SCAN_NONE:
    case SCAN_SECTION:
    case SCAN_FAILED:
    case SCAN_END:
        break;
    }
    return true;
}

static bool read_all(struct live_scan *rows, struct scan *scan)
{
    struct scan_row row;

    do {
        scan_next(scan, &row);
        if (!add_row(rows, &row))
            return false;
    } while (row.type != SCAN_END && row.type != SCAN_FAILED);
    rows->counts = *scan_counts(scan);
    return row.type == SCAN_END;
}

bool live_scan_read(struct live_scan *rows, const struct platform *platform, uint32_t pid,
                    enum views_detail detail)
{
    struct scan_query query = scan_query_everything();
    struct scan *scan = NULL;
    bool read = false;

    *rows = (struct live_scan){
        .views = calloc(LIVE_VIEWS_MAX, sizeof *rows->views),
        .regions = calloc(LIVE_REGIONS_MAX, sizeof *rows->regions),
    };
    if (rows->views == NULL || rows->regions == NULL)
        goto cleanup;
    query.all = false;
    query.pids = &pid;
    query.pids_count = 1;
    query.views.detail = detail;
    scan = scan_create(platform, &query, NULL);
    read = scan != NULL && read_all(rows, scan);

cleanup:
    scan_destroy(scan);
    return read;
}

void live_scan_release(struct live_scan *rows)
{
    free(rows->views);
    free(rows->regions);
    *rows = (struct live_scan){0};
}

const struct live_view *live_scan_view(const struct live_scan *rows, uint64_t base)
{
    for (size_t i = 0; i < rows->views_count; i++) {
        if (rows->views[i].map.base == base)
            return &rows->views[i];
    }
    return NULL;
}

MEMORY_BASIC_INFORMATION *plain_walk(HANDLE process, size_t *count)
{
    MEMORY_BASIC_INFORMATION *regions = calloc(LIVE_REGIONS_MAX, sizeof *regions);
    MEMORY_BASIC_INFORMATION region;
    const char *address = NULL;
    size_t found = 0;

    if (regions == NULL)
        return NULL;
    while (VirtualQueryEx(process, address, &region, sizeof region) == sizeof region &&
           region.RegionSize > 0) {
        if (region.State != MEM_FREE) {
            if (found >= LIVE_REGIONS_MAX) {
                free(regions);
                return NULL;
            }
            regions[found++] = region;
        }
        address = (const char *)region.BaseAddress + region.RegionSize;
    }
    *count = found;
    return regions;
}
