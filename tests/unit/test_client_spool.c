#include "client/spool.h"

#include <string.h>

#include "tests/test.h"

enum { MEMORY_MAX = 4096, FILE_MAX = 64 * 1024, PIECE_MAX = 700, STEPS = 20000 };

/* Puts and takes at random, with a byte array as the file: the bytes come out in order, memory keeps
 * to its bound, and the file begins anew whenever its reader has caught up. */
static void bytes_come_out_in_order(struct test *t)
{
    static char file[FILE_MAX];
    struct spool spool = {.file_begin = 0};
    struct buffer out;
    uint32_t random = 12345;
    uint64_t put = 0, taken = 0, in_file = 0, restarts = 0;

    buffer_init(&spool.memory, MEMORY_MAX);
    buffer_init(&out, MEMORY_MAX);
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525u + 1013904223u;
        const bool fills = random >> 31 != 0 || step / 100 % 2 == 0; /* now faster, now slower */
        if (fills && put - taken < FILE_MAX - PIECE_MAX - MEMORY_MAX) {
            char piece[PIECE_MAX];
            const struct span bytes = {piece, random >> 8 & 511};
            for (size_t i = 0; i < bytes.size; i++)
                piece[i] = (char)((put + i) % 251);
            if (!spool_put(&spool, bytes)) {
                REQUIRE(t, spool.file_end + bytes.size <= FILE_MAX);
                memcpy(file + spool.file_end, piece, bytes.size);
                spool.file_end += bytes.size;
                in_file += bytes.size;
            }
            put += bytes.size;
            REQUIRE(t, spool.memory.size <= MEMORY_MAX);
            continue;
        }
        const bool was_in_file = spool.memory.size == 0 && spool.file_end > 0;
        uint64_t offset;
        const size_t size = spool_take(&spool, &out, &offset);
        if (size > 0)
            REQUIRE(t, buffer_append(&out, (struct span){file + offset, size}));
        restarts += was_in_file && spool.file_end == 0;
        for (size_t i = 0; i < out.size; i++)
            REQUIRE(t, out.data[i] == (char)((taken + i) % 251));
        taken += out.size;
        buffer_clear(&out);
        REQUIRE(t, spool_is_empty(&spool) == (put == taken));
    }
    CHECK(t, in_file > 0 && restarts > 0 && taken > 0);
    buffer_release(&out);
    buffer_release(&spool.memory);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {TEST_CASE(bytes_come_out_in_order)};
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
