#include "tests/unit/pipeline_play.h"

static struct options outside(const char *folder)
{
    return (struct options){.not_under = {span_from_string(folder), {"", 0}}, .not_under_count = 2};
}

#define ELSEWHERE(id, pid) M(id, pid, "null", "1", "\"D:\\\\a\"")
#define INSIDE(id, pid) M(id, pid, "null", "1", "\"C:\\\\W\\\\a\"")

static void mappings_in_a_folder_are_left_out(struct test *t)
{
    static const struct {
        const char *folder, *lines, *expected;
        bool matched;
    } rows[] = {
        /* processes come with their first mapping, regions with theirs */
        {"C:\\W",
         P("1", "1") INSIDE("1", "1") P("1", "2") INSIDE("1", "2") R("1", "2") ELSEWHERE("1", "2")
             R("1", "2") M("1", "2", "null", "4", "\"C:\\\\W\"") P("1", "3") E("1", "3")
                 END("1", "3", "10", "1", "false"),
         P("1", "2") ELSEWHERE("1", "2") R("1", "2") E("1", "3") END("1", "1", "4", "1", "false"),
         true},
        {"C:\\W", P("1", "1") ELSEWHERE("1", "1") END("1", "1", "2", "0", "true"),
         P("1", "1") ELSEWHERE("1", "1") END("1", "1", "2", "0", "true"), true},
        {"C:\\W", P("1", "1") INSIDE("1", "1") END("1", "1", "2", "0", "true"),
         END("1", "0", "0", "0", "true"), false},
        {"C:\\W", P("1", "1") ERROR("1"), ERROR("1"), false},
        /* mappings without a path are in no folder */
        {"\\",
         P("1", "1") M("1", "1", "null", "1", "null")
             M("1", "1", "null", "1", "\"\\\\\\\\server\\\\x\""),
         P("1", "1") M("1", "1", "null", "1", "null"), true},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options = outside(rows[i].folder);
        struct play play;
        TEST_ROW(t, "row %zu", i);
        play_begin(&play, &options);
        CHECK(t, feed(&play.fed, &play.target, rows[i].lines));
        play_check(t, &play, rows[i].expected);
        CHECK_INT(t, rows[i].matched, play.pipeline.filter.mappings > 0);
        play_end(&play);
    }
}

/* The kept process included, each row that does not fit ends it. */
static void an_output_at_its_bound_ends_it(struct test *t)
{
    static const char *const lines[] = {P("1", "1"), ELSEWHERE("1", "1"),
                                        END("1", "1", "2", "0", "true")};
    struct options options = outside("C:\\W");
    size_t size = 0;

    for (size_t i = 0; i < TEST_COUNT(lines); i++) {
        struct play play;
        play_begin(&play, &options);
        size += strlen(lines[i]);
        play.pipeline.out.capacity_max = size - 1;
        CHECK(t, !feed(&play.fed, &play.target,
                       P("1", "1") ELSEWHERE("1", "1") END("1", "1", "2", "0", "true")));
        play_end(&play);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(mappings_in_a_folder_are_left_out),
        TEST_CASE(an_output_at_its_bound_ends_it),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
