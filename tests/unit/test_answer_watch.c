/* Who watches the answers learns of each. */
#include "tests/unit/answer_world.h"

static unsigned observed;
static struct statistics_answer observed_answer;
static struct sid observed_user;

static void observe(const struct caller *caller, const struct statistics_answer *answer)
{
    observed++;
    observed_answer = *answer;
    observed_user = caller->user;
}

/* Whoever watches learns of each request once, when it has ended, and whose it was. */
static void answer_tells_whoever_watches(struct test *t)
{
    static const struct {
        const char *line;
        uint32_t rights;
        enum statistics_result result;
        uint64_t denials;
    } rows[] = {
        {"{\"op\":\"info\"}", RIGHTS_ALL, RESULT_OK, 0},
        {"{\"op\":\"whoami\"}", 0, RESULT_DENIED, 1},
        {"{\"op\":\"maps\",\"pid\":100}", RIGHT_QUERY_OWN, RESULT_PARTIAL, 1},
        {"nonsense", RIGHTS_ALL, RESULT_INVALID, 0},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct world world;
        TEST_ROW(t, "%s", rows[i].line);
        world_init(&world);
        world.grant.rights = rows[i].rights;
        world.context.on_answered = observe;
        observed = 0;
        CHECK(t, serve(&world, rows[i].line) > 0);
        CHECK_INT(t, 1, observed);
        CHECK_INT(t, rows[i].result, observed_answer.result);
        CHECK_INT(t, rows[i].denials, observed_answer.denials);
        CHECK(t, sid_equal(&world.grant.caller.user, &observed_user));
        world_release(&world);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(answer_tells_whoever_watches),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
