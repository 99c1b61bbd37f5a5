#include "client/show/text.h"

#include "tests/test.h"

static void it_is_drawn_at_intervals(struct test *t)
{
    static const struct {
        uint64_t now_ms, count;
        const char *text;
    } rows[] = {
        {1000, 1, ""},
        {1000 + PROGRESS_QUIET_MS - 1, 2, ""},
        {1000 + PROGRESS_QUIET_MS, 1, "\rlsmap: 1 process"},
        {1000 + PROGRESS_QUIET_MS + 1, 3, ""},
        {1000 + PROGRESS_QUIET_MS + PROGRESS_INTERVAL_MS, 1234, "\rlsmap: 1,234 processes"},
    };
    struct progress progress = {.due_ms = 1000 + PROGRESS_QUIET_MS};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        struct span line = progress_draw(&progress, rows[i].now_ms, rows[i].count);
        CHECK_MEM(t, rows[i].text, strlen(rows[i].text), line.data, line.size);
    }
}

static void it_is_cleared_to_its_width(struct test *t)
{
    struct progress progress = {.due_ms = PROGRESS_QUIET_MS};

    CHECK_INT(t, 0, progress_clear(&progress).size);
    struct span line = progress_draw(&progress, PROGRESS_QUIET_MS, UINT64_MAX);
    CHECK(t, line.size > 40 && line.size < PROGRESS_CAPACITY - 1);
    size_t width = line.size - 1; /* less the return */
    line = progress_clear(&progress);
    REQUIRE(t, line.size == width + 2);
    CHECK(t, line.data[0] == '\r' && line.data[width + 1] == '\r');
    for (size_t i = 1; i <= width; i++)
        CHECK(t, line.data[i] == ' ');
    CHECK_INT(t, 0, progress_clear(&progress).size); /* gone */
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(it_is_drawn_at_intervals),
        TEST_CASE(it_is_cleared_to_its_width),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
