#include "common/scan/views.h"

#include <string.h>

#include "common/scan/device_map.h"
#include "common/scan/nt_status.h"
#include "common/text/pattern.h"

typedef enum walk_result views_step(struct views *views);

static views_step step_walk, step_name, step_match, step_runs, step_pages, step_map, step_region;

enum {
    PATH_TARGET_SIZE_MAX = 4096, /* how much longer than its device path a DOS path may be */
    PATH_WORK_MAX = 4 << 20      /* of comparing one view with all patterns: some 40 ms */
};

void views_init(struct views *views, const struct platform *platform,
                const struct views_query *query, struct query_counts *counts)
{
    memset(views, 0, sizeof *views);
    views->platform = platform;
    views->query = query;
    views->counts = counts;
    buffer_init(&views->device_path, NAME_SIZE_MAX);
    buffer_init(&views->path, (size_t)NAME_SIZE_MAX + PATH_TARGET_SIZE_MAX);
}

void views_deinit(struct views *views)
{
    buffer_release(&views->device_path);
    buffer_release(&views->path);
}

void views_begin(struct views *views, struct address_space *space, uint64_t address_limit,
                 bool show_addresses)
{
    walk_init(&views->walk, views->platform, space, views->counts, address_limit,
              !views->no_allocations);
    if (views->query->has_address)
        walk_restrict(&views->walk, views->query->address);
    views->step = step_walk;
    views->refuses_names = false;
    views->has_unnamed = views->has_uncompared = false;
    views->lists_regions = show_addresses && views->query->detail == VIEWS_WITH_REGIONS;
    views->pages_refused = false;
}

static enum walk_result fail(struct views *views, uint32_t nt_status, const char *message)
{
    views->nt_status = nt_status;
    views->message = nt_status != NTSTATUS_OK
                         ? message
                         : "Windows contradicted itself about this address space, or it changed; "
                           "the list ends there.";
    return WALK_FAILED;
}

static bool is_nameless(enum view_kind kind)
{
    return kind == VIEW_PAGEFILE || kind == VIEW_PHYSICAL;
}

/* Views of physical memory have no file and are rare: they count as pagefile-backed. Views that
 * cannot have a name cannot match a path. */
static bool can_match(const struct views_query *query, enum view_kind kind)
{
    uint32_t kinds = query->kinds;
    if ((kinds & VIEW_PAGEFILE) != 0)
        kinds |= VIEW_PHYSICAL;
    if ((kinds & (VIEW_DATA | VIEW_PAGEFILE)) != 0)
        kinds |= VIEW_MAPPED;
    return (kinds & (uint32_t)kind) != 0 && !(is_nameless(kind) && query->paths_count > 0);
}

/* Finds the next view. */
static enum walk_result step_walk(struct views *views)
{
    const struct views_query *query = views->query;
    const struct map_row *view = &views->walk.view;
    const enum walk_result result = walk_next(&views->walk);

    if (nt_status_is_unsupported(views->walk.allocation_status))
        views->no_allocations = true;
    if (result == WALK_FAILED)
        return fail(views, views->walk.nt_status,
                    "Windows refuses to list the address space of this process.");
    if (result != WALK_VIEW)
        return result;
    if ((!query->has_address ||
         (query->address >= view->base && query->address - view->base < view->size)) &&
        can_match(query, view->kind)) {
        views->step = step_name;
    }
    return WALK_ON;
}

/* It is not asked for, reported completely, or has gone. */
static enum walk_result leave_view(struct views *views)
{
    views->step = step_walk;
    return WALK_ON;
}

static bool matches_path(struct views *views)
{
    const struct views_query *query = views->query;
    const struct map_row *map = &views->walk.view;
    size_t work = PATH_WORK_MAX;
    for (size_t i = 0; i < query->paths_count; i++)
        if ((map->path.data != NULL && glob_match_path(query->paths[i], map->path, &work)) ||
            (map->device_path.data != NULL &&
             glob_match_path(query->paths[i], map->device_path, &work)))
            return true;
    views->has_uncompared |= work == 0;
    return query->paths_count == 0;
}

static enum walk_result begin_pages(struct views *views)
{
    views->walk.view.has_pages = views->query->detail == VIEWS_WITH_PAGES && !views->pages_refused;
    views->walk.view.has_shares = views->walk.view.has_pages && !views->platform->hides_shares;
    views->position = views->walk.view.base;
    views->step = views->walk.view.has_pages ? step_pages : step_map;
    return WALK_ON;
}

/* The view is complete, except for what a detail adds. Comparing its name is a step of its own: it may
 * take as long as a query. */
static enum walk_result after_name(struct views *views)
{
    if (!can_match(views->query, views->walk.view.kind))
        return leave_view(views);
    views->step = step_match;
    return views->query->paths_count > 0 ? WALK_ON : step_match(views);
}

static enum walk_result step_match(struct views *views)
{
    struct map_row *map = &views->walk.view;
    if (!matches_path(views))
        return leave_view(views);
    if (map->committed != COMMITTED_UNKNOWN || views->query->detail == VIEWS_PLAIN)
        return begin_pages(views);
    map->committed = 0;
    views->position = map->base;
    views->step = step_runs;
    return WALK_ON;
}

/* Adds up what is committed of it, run by run. */
static enum walk_result step_runs(struct views *views)
{
    struct map_row *map = &views->walk.view;
    struct region run;
    const enum walk_result result = walk_run(&views->walk, views->position, &run);
    if (result == WALK_DONE)
        return leave_view(views);
    if (result == WALK_FAILED) {
        map->committed = COMMITTED_UNKNOWN;
        return begin_pages(views);
    }
    map->committed += run.state == MEMORY_STATE_COMMIT ? run.size : 0;
    views->position += run.size;
    return views->position < map->base + map->size ? WALK_ON : begin_pages(views);
}

static void take_name(struct views *views)
{
    struct map_row *map = &views->walk.view;
    const struct span name = buffer_span(&views->device_path);
    if (map->kind == VIEW_MAPPED)
        map->kind = VIEW_DATA;
    if (!device_path_is_file(name)) {
        map->path_lossy = false;
        return;
    }
    map->device_path = name;
    if (views->platform->path(views->platform->context, map->device_path, &views->path))
        map->path = buffer_span(&views->path);
}

bool views_take_driver(struct views *views, uint64_t size, bool lossy)
{
    views->walk.view = (struct map_row){
        .size = size, .committed = COMMITTED_UNKNOWN, .kind = VIEW_DRIVER, .path_lossy = lossy};
    take_name(views);
    return matches_path(views);
}

/* Names the view. A name that fails is a fact about this view: it says nothing about others. */
static enum walk_result step_name(struct views *views)
{
    struct map_row *map = &views->walk.view;
    uint32_t nt_status = views->no_names;

    if (is_nameless(map->kind))
        return after_name(views);
    if (nt_status == NTSTATUS_OK && views->refuses_names) {
        nt_status = NTSTATUS_IO_TIMEOUT;
        views->has_unnamed = true;
    } else if (nt_status == NTSTATUS_OK) {
        views->counts->names++;
        watch_mark(views->platform->watch, STAGE_NAMES);
        nt_status = views->platform->name(views->platform->context, views->walk.space, map->base,
                                          &views->device_path, &map->path_lossy);
    }
    if (nt_status_is_exited(nt_status))
        return fail(views, nt_status, NULL);
    if (nt_status == NTSTATUS_INVALID_ADDRESS)
        return leave_view(views);
    if (nt_status_is_unsupported(nt_status))
        views->no_names = nt_status;
    if (nt_status == NTSTATUS_OK)
        take_name(views);
    else if (nt_status == NTSTATUS_FILE_INVALID && map->kind == VIEW_MAPPED)
        map->kind = VIEW_PAGEFILE;
    else if (nt_status != NTSTATUS_FILE_INVALID)
        map->name_status = nt_status;
    views->counts->unnamed += map->name_status != NTSTATUS_OK;
    return after_name(views);
}

/* Counts one batch of its pages. */
static enum walk_result step_pages(struct views *views)
{
    struct map_row *map = &views->walk.view;
    const uint64_t left = (map->base + map->size - views->position) / MEMORY_PAGE_SIZE;
    const size_t count = left < PAGES_BATCH_MAX ? (size_t)left : PAGES_BATCH_MAX;
    if (count == 0 || map->pages.counted >= (uint64_t)PAGES_VIEW_MAX * MEMORY_PAGE_SIZE) {
        views->step = step_map;
        return WALK_ON;
    }
    for (size_t i = 0; i < count; i++)
        views->pages[i].address = views->position + (uint64_t)i * MEMORY_PAGE_SIZE;
    views->counts->pages++;
    watch_mark(views->platform->watch, STAGE_PAGES);
    const uint32_t nt_status = views->platform->memory(views->platform->context, views->walk.space,
                                                       MEMORY_CLASS_WORKING_SET_EX, 0, views->pages,
                                                       count * sizeof views->pages[0]);
    if (nt_status_is_exited(nt_status))
        return fail(views, nt_status, NULL);
    if (nt_status == NTSTATUS_OK) {
        page_counts_add(&map->pages, views->pages, count);
        views->position += (uint64_t)count * MEMORY_PAGE_SIZE;
    } else {
        views->pages_refused = true;
        map->has_pages = map->has_shares = false;
        views->step = step_map;
    }
    return WALK_ON;
}

/* Reports it. */
static enum walk_result step_map(struct views *views)
{
    views->position = views->walk.view.base;
    views->step = views->lists_regions ? step_region : step_walk;
    return WALK_VIEW;
}

/* Reports its next region. */
static enum walk_result step_region(struct views *views)
{
    if (views->position >= views->walk.view.base + views->walk.view.size)
        return leave_view(views);
    const enum walk_result result = walk_run(&views->walk, views->position, &views->region);
    if (result == WALK_FAILED)
        return fail(views, views->walk.nt_status,
                    "Windows refuses to list the regions of this view.");
    if (result == WALK_DONE)
        return leave_view(views);
    views->position = views->region.base + views->region.size;
    return WALK_REGION;
}

enum walk_result views_next(struct views *views)
{
    return views->step(views);
}
