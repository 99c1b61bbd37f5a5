/* Two files of rows, whatever is in them: the comparison ends; a file compared with itself has no
 * change, and what came one way went the other way. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/rows/diff.h"

#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

struct text {
    const uint8_t *data;
    size_t left;
};

struct counts {
    uint64_t came, went, rows;
};

static bool load(struct snapshot *snapshot, struct text text)
{
    bool good = true;

    snapshot_init(snapshot);
    while (good && text.left > 0) {
        size_t size = text.left < SNAPSHOT_FEED_SIZE ? text.left : SNAPSHOT_FEED_SIZE;
        good = snapshot_feed(snapshot, (struct span){(const char *)text.data, size});
        text.data += size;
        text.left -= size;
    }
    good = good && snapshot_feed(snapshot, (struct span){NULL, 0});
    FUZZ_CHECK(good == (snapshot->why == NULL));
    return good;
}

/* What diff writes can be read again. */
static void check_line(const struct row *row)
{
    struct buffer line;
    struct row copy;
    struct row_error error;

    buffer_init(&line, ROW_LINE_SIZE_MAX);
    row_init(&copy);
    FUZZ_CHECK(row_write(row, &line) && line.data[line.size - 1] == '\n');
    FUZZ_CHECK(row_parse(&copy, (struct span){line.data, line.size - 1}, &error));
    FUZZ_CHECK(copy.type == row->type && copy.seen == row->seen && copy.known == row->known);
    row_release(&copy);
    buffer_release(&line);
}

static bool count(void *context, struct row *row)
{
    struct counts *counts = context;

    check_line(row);
    if (row->type == ROW_END) {
        FUZZ_CHECK(row_number(row, MEMBER_ROWS, UINT64_MAX) == counts->rows);
        return true;
    }
    bool came = span_equal(row_text(row, MEMBER_CHANGE), SPAN("came"));
    FUZZ_CHECK(came || span_equal(row_text(row, MEMBER_CHANGE), SPAN("went")));
    counts->rows++;
    counts->came += came;
    counts->went += !came;
    return true;
}

static struct counts compare(const struct snapshot *before, const struct snapshot *after)
{
    struct counts counts = {0, 0, 0};
    struct diff diff = {.all_views = true, .on_row = count, .context = &counts};

    FUZZ_CHECK(diff_snapshots(&diff, before, after));
    FUZZ_CHECK(diff.changes == counts.rows);
    return counts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two files with a byte 0xFE, which no UTF-8 holds, between them; without one, the same twice. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1); /* apart, so that no read beyond it goes unseen */
    struct snapshot *snapshots = calloc(2, sizeof *snapshots);

    FUZZ_CHECK(copy != NULL && snapshots != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    const uint8_t *mark = size > 2 ? memchr(copy + 2, 0xfe, size - 2) : NULL;
    size_t first = mark != NULL ? (size_t)(mark - copy) : size;
    size_t second = mark != NULL ? first + 1 : 0;
    bool good = load(&snapshots[0], (struct text){copy, first});
    good = load(&snapshots[1], (struct text){copy + second, size - second}) && good;
    if (good) {
        struct counts forth = compare(&snapshots[0], &snapshots[1]);
        struct counts back = compare(&snapshots[1], &snapshots[0]);
        struct counts none = compare(&snapshots[0], &snapshots[0]);
        FUZZ_CHECK(forth.came == back.went && forth.went == back.came);
        FUZZ_CHECK(none.rows == 0 && (mark != NULL || forth.rows == 0));
    }
    snapshot_release(&snapshots[0]);
    snapshot_release(&snapshots[1]);
    free(snapshots);
    free(copy);
    return 0;
}
