#include "tests/rows/scan_rows.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"
#include "tests/rows/scan_checker.h"

static void *grow(void *items, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity > 0 ? *capacity * 2 : 64;
    void *grown = realloc(items, *capacity * item_size);
    ASSERT(grown != NULL);
    return grown;
}

/* A copy that lives as long as the rows; NULL of NULL. */
static const void *keep(struct scan_rows *rows, const void *data, size_t size)
{
    if (data == NULL)
        return NULL;
    void *copy = malloc(size > 0 ? size : 1);
    ASSERT(copy != NULL);
    memcpy(copy, data, size);
    rows->blocks = grow(rows->blocks, rows->blocks_count, &rows->blocks_capacity, sizeof(void *));
    rows->blocks[rows->blocks_count++] = copy;
    return copy;
}

static void keep_row(struct scan_rows *rows, const struct scan_row *row)
{
    rows->rows = grow(rows->rows, rows->count, &rows->capacity, sizeof *rows->rows);
    struct scan_row *kept = &rows->rows[rows->count++];
    struct span *texts[] = {&kept->process_name, &kept->image, &kept->map.device_path,
                            &kept->map.path, &kept->error.process};
    *kept = *row;
    kept->process = keep(rows, row->process, sizeof *row->process);
    kept->facts = keep(rows, row->facts, sizeof *row->facts);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        texts[i]->data = keep(rows, texts[i]->data, texts[i]->size);
}

void scan_rows_run(struct scan_rows *rows, const struct platform *platform,
                   const struct scan_query *query)
{
    struct scan *scan = scan_create(platform, query, NULL);
    struct scan_checker checker;

    ASSERT(scan != NULL);
    *rows = (struct scan_rows){0};
    scan_checker_init(&checker);
    while (rows->steps++ < SCAN_STEPS_MAX) {
        struct scan_row row = {0}; /* members of other types stay empty */
        scan_next(scan, &row);
        scan_checker_row(&checker, &row, scan_counts(scan));
        if (row.type == SCAN_FAILED || row.type == SCAN_END) {
            rows->last = row;
            break;
        }
        if (row.type != SCAN_NONE)
            keep_row(rows, &row);
    }
    rows->counts = *scan_counts(scan);
    rows->problem = checker.problem;
    scan_destroy(scan);
}

const struct scan_row *scan_rows_get(const struct scan_rows *rows, enum scan_row_type type,
                                     size_t n)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->rows[i].type == type && n-- == 0)
            return &rows->rows[i];
    return NULL;
}

size_t scan_rows_count(const struct scan_rows *rows, enum scan_row_type type)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++)
        count += rows->rows[i].type == type;
    return count;
}

void scan_rows_release(struct scan_rows *rows)
{
    for (size_t i = 0; i < rows->blocks_count; i++)
        free(rows->blocks[i]);
    free(rows->blocks);
    free(rows->rows);
    *rows = (struct scan_rows){0};
}
