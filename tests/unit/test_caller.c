#include "tests/test.h"

#include "common/proto/caller.h"

static void caller_elevations_have_names(struct test *t)
{
    static const struct {
        enum caller_elevation elevation;
        const char *name;
    } rows[] = {
        {ELEVATION_DEFAULT, "default"},
        {ELEVATION_FULL, "full"},
        {ELEVATION_LIMITED, "limited"},
    };

    CHECK(t, caller_elevation_names[ELEVATION_UNKNOWN] == NULL);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const char *name = caller_elevation_names[rows[i].elevation];
        REQUIRE(t, name != NULL);
        CHECK_STR(t, rows[i].name, name);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(caller_elevations_have_names),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
