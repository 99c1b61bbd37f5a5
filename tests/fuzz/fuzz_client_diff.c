/* Two files of rows, whatever is in them: the comparison ends; a file compared with itself has no
 * change, and what came one way went the other way. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/rows/diff.h"
#include "client/rows/reader.h"
#include "client/rows/snapshot.h"

#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

struct text {
    const uint8_t *data;
    size_t left;
};

struct counts {
    uint64_t came, went, rows;
};

static bool give(void *context, char *data, size_t capacity, size_t *size, struct failure *failure)
{
    struct text *text = context;

    (void)failure;
    *size = text->left < capacity ? text->left : capacity;
    if (*size > 0)
        memcpy(data, text->data, *size);
    text->data += *size;
    text->left -= *size;
    return true;
}

static bool load(struct snapshot *snapshot, struct text text)
{
    const struct byte_source source = {&text, give};
    struct row_reader *reader = malloc(sizeof *reader);
    struct failure failure;
    enum row_reader_result result = ROW_READER_END;
    const char *why = NULL;

    FUZZ_CHECK(reader != NULL);
    snapshot_init(snapshot);
    row_reader_init(reader, &source);
    while (why == NULL && (result = row_reader_next(reader, &failure)) == ROW_READER_ROW)
        why = snapshot_add(snapshot, &reader->row);
    row_reader_deinit(reader);
    free(reader);
    return why == NULL && result == ROW_READER_END && snapshot_finish(snapshot) == NULL;
}

static bool count(void *context, const struct row *row, struct span line)
{
    struct counts *counts = context;

    FUZZ_CHECK(line.size > 0);
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
    const struct diff_view view = {&counts, count};
    struct diff *diff = malloc(sizeof *diff);

    FUZZ_CHECK(diff != NULL);
    diff_init(diff, before, after, true, &view);
    FUZZ_CHECK(diff_tell(diff));
    FUZZ_CHECK(diff->changes == counts.rows);
    diff_deinit(diff);
    free(diff);
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
    snapshot_deinit(&snapshots[0]);
    snapshot_deinit(&snapshots[1]);
    free(snapshots);
    free(copy);
    return 0;
}
