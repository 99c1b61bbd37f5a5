#include "tests/test.h"

#include "service/lines.h"

/* Adds text as one read would bring it, as far as the space reaches. Returns the bytes taken. */
static size_t add(struct lines *lines, const char *text, size_t size)
{
    size_t capacity = 0;
    char *space = lines_space(lines, &capacity);

    if (space == NULL)
        return 0;
    if (size > capacity)
        size = capacity;
    memcpy(space, text, size);
    lines_add(lines, size);
    return size;
}

static void lines_begins_empty_and_without_memory(struct test *t)
{
    struct lines lines;

    lines_init(&lines);
    CHECK(t, lines_is_empty(&lines));
    CHECK_INT(t, LINES_NONE, lines_next(&lines));
    lines_drop(&lines);
    CHECK_INT(t, 0, lines.bytes.capacity);
    lines_release(&lines);
}

static void lines_gives_each_line_in_turn(struct test *t)
{
    struct lines lines;

    lines_init(&lines);
    CHECK_INT(t, 9, add(&lines, "ab\r\n\ncd\ne", 9));
    CHECK_INT(t, LINES_LINE, lines_next(&lines));
    CHECK_MEM(t, "ab", 2, lines_current(&lines).data, lines_current(&lines).size);
    CHECK(t, !lines_is_empty(&lines));
    lines_drop(&lines);
    CHECK_INT(t, LINES_LINE, lines_next(&lines));
    CHECK_INT(t, 0, lines_current(&lines).size);
    lines_drop(&lines);
    CHECK_INT(t, LINES_LINE, lines_next(&lines));
    CHECK_MEM(t, "cd", 2, lines_current(&lines).data, lines_current(&lines).size);
    lines_drop(&lines);
    CHECK(t, !lines_is_empty(&lines));
    CHECK_INT(t, LINES_NONE, lines_next(&lines));
    CHECK_INT(t, 1, add(&lines, "\n", 1));
    CHECK_INT(t, LINES_LINE, lines_next(&lines));
    CHECK_MEM(t, "e", 1, lines_current(&lines).data, lines_current(&lines).size);
    CHECK(t, lines_is_empty(&lines));
    lines_release(&lines);
}

static void lines_drops_the_byte_order_mark_only_at_the_start(struct test *t)
{
    static const struct {
        const char *name;
        const char *text;
        const char *line; /* the last one */
    } rows[] = {
        {"at the start", "\xEF\xBB\xBF{\n", "{"},
        {"twice", "\xEF\xBB\xBF\xEF\xBB\xBF\n", "\xEF\xBB\xBF"},
        {"half", "\xEF\xBB\n", "\xEF\xBB"},
        {"behind a line", "\n\xEF\xBB\xBF\n", "\xEF\xBB\xBF"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (size_t piece = 1; piece <= strlen(rows[i].text); piece++) {
            struct lines lines;
            struct span last = {NULL, 0};

            TEST_ROW(t, "%s, pieces of %u", rows[i].name, (unsigned)piece);
            lines_init(&lines);
            for (size_t at = 0; at < strlen(rows[i].text); at += piece) {
                size_t rest = strlen(rows[i].text) - at;
                lines_drop(&lines);
                (void)add(&lines, rows[i].text + at, rest < piece ? rest : piece);
                while (lines_next(&lines) == LINES_LINE) {
                    last = lines_current(&lines);
                    if (lines_is_empty(&lines))
                        break;
                    lines_drop(&lines);
                }
            }
            CHECK_MEM(t, rows[i].line, strlen(rows[i].line), last.data, last.size);
            lines_release(&lines);
        }
    }
}

static void lines_looks_at_each_byte_once(struct test *t)
{
    struct lines lines;

    lines_init(&lines);
    for (size_t size = 1; size <= 2000; size++) {
        CHECK_INT(t, 1, add(&lines, "x", 1));
        CHECK_INT(t, size - 1, lines.scan_offset);
        CHECK_INT(t, LINES_NONE, lines_next(&lines));
        CHECK_INT(t, size, lines.scan_offset);
    }
    lines_release(&lines);
}

static void lines_doubles_the_space(struct test *t)
{
    static char text[REQUEST_SIZE_MAX];
    struct lines lines;
    size_t capacity = LINES_SPACE_SIZE;

    memset(text, 'x', sizeof text);
    lines_init(&lines);
    CHECK_INT(t, LINES_SPACE_SIZE, add(&lines, text, sizeof text));
    while (capacity < REQUEST_SIZE_MAX) {
        CHECK_INT(t, capacity, lines.bytes.capacity);
        CHECK_INT(t, LINES_NONE, lines_next(&lines));
        CHECK_INT(t, capacity, add(&lines, text, sizeof text));
        capacity *= 2;
    }
    CHECK_INT(t, REQUEST_SIZE_MAX, lines.bytes.capacity);
    CHECK_INT(t, LINES_TOO_LARGE, lines_next(&lines));
    lines_release(&lines);
    CHECK_INT(t, 0, lines.bytes.capacity);
    CHECK(t, lines_is_empty(&lines));
}

static void lines_says_when_there_is_no_memory(struct test *t)
{
    struct lines lines;
    size_t capacity = 0;

    lines_init(&lines);
    lines.bytes.capacity_max = LINES_SPACE_SIZE - 1;
    CHECK(t, lines_space(&lines, &capacity) == NULL);
    lines_release(&lines);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(lines_begins_empty_and_without_memory),
        TEST_CASE(lines_gives_each_line_in_turn),
        TEST_CASE(lines_drops_the_byte_order_mark_only_at_the_start),
        TEST_CASE(lines_looks_at_each_byte_once),
        TEST_CASE(lines_doubles_the_space),
        TEST_CASE(lines_says_when_there_is_no_memory),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
