#include "tests/rows/scan_checker.h"

#include "common/text/utf.h"

void scan_checker_init(struct scan_checker *checker)
{
    *checker = (struct scan_checker){0};
}

static void expect(struct scan_checker *checker, bool ok, const char *problem)
{
    if (!ok && checker->problem == NULL)
        checker->problem = problem;
}

static bool is_text(struct span text)
{
    return text.data == NULL ? text.size == 0 : text.size > 0 && utf8_is_valid(text, NULL);
}

static bool is_known_kind(enum view_kind kind)
{
    return kind == VIEW_MAPPED || view_kind_name(kind) != NULL;
}

static void check_map(struct scan_checker *checker, const struct map_row *map)
{
    const struct page_counts *pages = &map->pages;

    expect(checker, map->size > 0, "an empty view");
    expect(checker, map->base + (map->size - 1) >= map->base, "a view wraps");
    expect(checker, is_known_kind(map->kind), "a view of no known kind");
    expect(checker, is_text(map->device_path), "a device path is not valid UTF-8");
    expect(checker, is_text(map->path), "a path is not valid UTF-8");
    expect(checker, map->path.data == NULL || map->device_path.data != NULL,
           "a path without a device path");
    expect(checker, !map->path_lossy || map->device_path.data != NULL,
           "a lossy name that does not exist");
    expect(checker, map->has_pages || !map->has_shares, "shares of pages that were not counted");
    if (!map->has_pages)
        return;
    expect(checker, pages->counted <= map->size, "more bytes counted than the view has");
    expect(checker, pages->resident <= pages->counted, "more resident than counted");
    expect(checker, pages->shared + pages->private_ <= pages->resident,
           "more shared and private than resident");
    expect(checker, pages->locked <= pages->resident, "more locked than resident");
}

static void check_region(struct scan_checker *checker, const struct scan_row *row)
{
    const struct region *region = &row->region;
    const struct map_row *view = &checker->view;

    expect(checker, checker->has_view, "a region before any view");
    expect(checker, row->map.base == view->base && row->map.size == view->size,
           "a region of another view than the last");
    expect(checker, region->size > 0, "an empty region");
    expect(checker, region->base == checker->region_end, "a gap or an overlap between regions");
    expect(checker, region->base - view->base <= view->size, "a region outside its view");
    expect(checker, region->size <= view->size - (region->base - view->base),
           "a region beyond its view's end");
    expect(checker, row->show_addresses, "a region row although addresses may not be shown");
    checker->region_end = region->base + region->size;
}

static void take_map(struct scan_checker *checker, const struct scan_row *row)
{
    const struct map_row *map = &row->map;

    check_map(checker, map);
    expect(checker, row->process != NULL && row->process->pid == checker->pid,
           "a view before its process");
    if (map->kind == VIEW_DRIVER) {
        expect(checker, map->base == 0 && !row->show_addresses, "the address of a driver");
        return;
    }
    if (checker->has_view)
        expect(checker,
               map->base > checker->view.base &&
                   map->base - checker->view.base >= checker->view.size,
               "views overlap or go backwards");
    checker->has_view = true;
    checker->view = *map;
    checker->region_end = map->base;
}

static void take_process(struct scan_checker *checker, const struct scan_row *row)
{
    expect(checker, row->process != NULL && row->facts != NULL, "a process row without facts");
    expect(checker, row->process_name.data != NULL, "a process row without a name");
    expect(checker, row->note == NULL || row->facts->access == PROCESS_ACCESS_NONE,
           "a note about a process that can be listed");
    expect(checker, is_text(row->image), "an image path is not valid UTF-8");
    checker->pid = row->process != NULL ? row->process->pid : 0;
    checker->has_view = false;
    checker->processes++;
}

static void take_error(struct scan_checker *checker, const struct scan_row *row)
{
    expect(checker, row->error.message != NULL, "an error without a message");
    expect(checker, row->error.code != STATUS_OK, "an error without a code");
    expect(checker, scan_stage_name(row->error.stage) != NULL, "an error of no stage");
    checker->has_view = false;
    if (row->error.stage == STAGE_SELECT) {
        expect(checker, row->process == NULL, "an error of selection with a process");
        expect(checker, row->error.has_pid == (row->error.process.data == NULL),
               "an error of selection that names neither a pid nor a glob");
        expect(checker, row->error.nt_status == 0, "a status where Windows was not asked");
        checker->unmatched++;
        return;
    }
    expect(checker, checker->unmatched == 0, "a process after the errors of selection");
    expect(checker, row->process != NULL && row->error.has_pid, "an error of no process");
    checker->errors++;
}

void scan_checker_row(struct scan_checker *checker, const struct scan_row *row,
                      const struct scan_counts *counts)
{
    switch (row->type) {
    case SCAN_NONE:
        return;
    case SCAN_PROCESS:
        take_process(checker, row);
        break;
    case SCAN_MAP:
        take_map(checker, row);
        break;
    case SCAN_REGION:
        check_region(checker, row);
        break;
    case SCAN_SECTION:
        expect(checker, false, "a section is no row of a scan");
        break;
    case SCAN_ERROR:
        take_error(checker, row);
        break;
    case SCAN_FAILED:
        expect(checker, row->error.message != NULL && row->error.code != STATUS_OK,
               "a failure without a reason");
        break;
    case SCAN_END:
        break;
    }
    checker->rows += row->type != SCAN_FAILED && row->type != SCAN_END;
    expect(checker, counts->rows == checker->rows, "rows are counted wrong");
    expect(checker, counts->processes == checker->processes, "processes are counted wrong");
    expect(checker, counts->errors == checker->errors, "errors are counted wrong");
    expect(checker, counts->unmatched == checker->unmatched, "selectors are counted wrong");
}
