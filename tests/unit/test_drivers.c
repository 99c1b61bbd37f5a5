/* The list of drivers as the kernel writes it, complete and not. */
#include "common/scan/drivers.h"

#include <stdlib.h>

#include "common/base/bounds.h"
#include "tests/test.h"
#include "tests/virtual/driver_answer.h"

/* In memory of exactly its size, so that a sanitizer sees one byte too many. */
static bool read_exact(struct span answer, size_t index, uint64_t *size, struct buffer *name,
                       bool *lossy)
{
    char *exact = malloc(answer.size > 0 ? answer.size : 1);
    if (exact == NULL)
        abort();
    if (answer.size > 0)
        memcpy(exact, answer.data, answer.size);
    const bool ok = drivers_read((struct span){exact, answer.size}, index, size, name, lossy);
    free(exact);
    return ok;
}

static void a_name_is_shown_as_it_is_or_marked(struct test *t)
{
    static char longest[257];
    static const struct {
        const char *name, *expected;
        bool lossy;
    } rows[] = {
        {"", "", false},
        {"\\SystemRoot\\System32\\drivers\\tcpip.sys", "\\SystemRoot\\System32\\drivers\\tcpip.sys",
         false},
        {"\\??\\C:\\a.sys", "\\??\\C:\\a.sys", false},
        {"\\??\\C:\\???.sys", "\\??\\C:\\???.sys", true}, /* the code page lacks its characters */
        {"\\SystemRoot\\\xC3\xA9.sys", "\\SystemRoot\\\xC3\xA9.sys", false}, /* code page UTF-8 */
        {"\\SystemRoot\\\xE9.sys", "\\SystemRoot\\\xEF\xBF\xBD.sys", true},  /* another */
        {longest, longest, true}, /* perhaps it was longer */
    };
    struct buffer name, answer;

    memset(longest, 'a', 255);
    buffer_init(&name, NAME_SIZE_MAX);
    buffer_init(&answer, DRIVERS_ANSWER_SIZE_MAX);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        uint64_t size = 0;
        bool lossy = !rows[i].lossy;
        TEST_ROW(t, "%.40s", rows[i].name);
        buffer_clear(&answer);
        driver_answer_begin(&answer, 1);
        driver_answer_add(&answer, 0x12345000, span_from_string(rows[i].name));
        CHECK_INT(t, 1, drivers_count(buffer_span(&answer)));
        REQUIRE(t, read_exact(buffer_span(&answer), 0, &size, &name, &lossy));
        CHECK_INT(t, 0x12345000, size);
        CHECK_MEM(t, rows[i].expected, strlen(rows[i].expected), name.data, name.size);
        CHECK_INT(t, rows[i].lossy, lossy);
        CHECK(t, !read_exact(buffer_span(&answer), 1, &size, &name, &lossy));
    }
    buffer_release(&answer);
    buffer_release(&name);
}

static void a_name_without_end_is_cut(struct test *t)
{
    struct buffer name, answer;
    uint64_t size = 0;
    bool lossy = false;

    buffer_init(&name, NAME_SIZE_MAX);
    buffer_init(&answer, DRIVERS_ANSWER_SIZE_MAX);
    driver_answer_begin(&answer, 1);
    driver_answer_add(&answer, 0x1000, SPAN("a"));
    memset(answer.data + answer.size - 256, 'b', 256);
    CHECK(t, read_exact(buffer_span(&answer), 0, &size, &name, &lossy));
    CHECK_INT(t, 256, name.size);
    CHECK(t, lossy);
    buffer_release(&answer);
    buffer_release(&name);
}

/* The answer ends anywhere; it claims any number of drivers. */
static void an_answer_that_is_cut_gives_what_it_has(struct test *t)
{
    struct buffer name, answer;
    uint64_t size;
    bool lossy;

    buffer_init(&name, NAME_SIZE_MAX);
    buffer_init(&answer, DRIVERS_ANSWER_SIZE_MAX);
    driver_answer_begin(&answer, UINT32_MAX);
    driver_answer_add(&answer, 0x1000, SPAN("a"));
    driver_answer_add(&answer, 0x2000, SPAN("b"));
    for (size_t cut = 0; cut <= answer.size; cut++) {
        const struct span part = {answer.data, cut};
        size_t count = 0;
        while (count < 5 && read_exact(part, count, &size, &name, &lossy))
            count++;
        TEST_ROW(t, "%zu bytes", cut);
        CHECK_INT(t, cut < 8 + 296 ? 0 : cut < 8 + 2 * 296 ? 1 : 2, count);
        CHECK(t, !read_exact(part, SIZE_MAX, &size, &name, &lossy));
        CHECK(t, !read_exact(part, SIZE_MAX / 296, &size, &name, &lossy));
        CHECK_INT(t, cut < 4 ? 0 : UINT32_MAX, drivers_count(part));
    }
    buffer_release(&answer);
    buffer_release(&name);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_name_is_shown_as_it_is_or_marked),
        TEST_CASE(a_name_without_end_is_cut),
        TEST_CASE(an_answer_that_is_cut_gives_what_it_has),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
