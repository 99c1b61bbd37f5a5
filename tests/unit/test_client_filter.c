#include "client/rows/filter.h"
#include "tests/unit/sink_play.h"

struct fixture {
    struct sink_play play;
    struct filter filter;
    struct row_sink sink;
};

static void begin(struct fixture *f, const char *folder)
{
    play_begin(&f->play);
    filter_init(&f->filter, &f->play.last);
    filter_add_folder(&f->filter, span_from_string(folder));
    filter_add_folder(&f->filter, SPAN(""));
    f->sink = filter_sink(&f->filter);
}

static void end(struct fixture *f)
{
    filter_deinit(&f->filter);
    play_end(&f->play);
}

static void processes_come_with_their_first_mapping(struct test *t)
{
    struct fixture f;

    begin(&f, "C:\\W");
    CHECK(t, play_feed(t, &f.play, &f.sink,
                       P("1", "1") M("1", "1", "null", "1", "\"C:\\\\W\\\\a\"") P("1", "2")
                           M("1", "2", "null", "2", "\"C:\\\\W\\\\a\"") R("1", "2")
                               M("1", "2", "null", "3", "\"C:\\\\b\"") R("1", "2")
                                   M("1", "2", "null", "4", "\"C:\\\\W\"") P("1", "3") E("1", "3")
                                       END("1", "3", "11", "1", "false")));
    play_check(t, &f.play,
               P("1", "2") M("1", "2", "null", "3", "\"C:\\\\b\"") R("1", "2") E("1", "3")
                   END("1", "1", "4", "1", "false"));
    CHECK(t, f.filter.matched);
    end(&f);
}

static void each_reply_is_counted_by_itself(struct test *t)
{
    struct fixture f;

    begin(&f, "C:\\W");
    CHECK(t, play_feed(t, &f.play, &f.sink,
                       P("1", "1") M("1", "1", "null", "1", "\"D:\\\\a\"")
                           END("1", "1", "2", "0", "true")));
    CHECK(t, f.filter.matched);
    CHECK(t, play_feed(t, &f.play, &f.sink,
                       P("2", "1") M("2", "1", "null", "1", "\"C:\\\\W\\\\a\"")
                           END("2", "1", "2", "0", "true")));
    CHECK(t, !f.filter.matched);
    play_check(t, &f.play,
               P("1", "1") M("1", "1", "null", "1", "\"D:\\\\a\"") END("1", "1", "2", "0", "true")
                   END("2", "0", "0", "0", "true"));
    CHECK(t, play_feed(t, &f.play, &f.sink, P("3", "1") ERROR("3")));
    play_check(t, &f.play, ERROR("3"));
    CHECK(t, play_finish(&f.play, &f.sink));
    CHECK_INT(t, 1, f.play.ended);
    end(&f);
}

static void mappings_without_a_path_lie_nowhere(struct test *t)
{
    struct fixture f;

    begin(&f, "\\");
    CHECK(t, play_feed(t, &f.play, &f.sink,
                       P("1", "1") M("1", "1", "null", "1", "null")
                           M("1", "1", "null", "1", "\"\\\\\\\\server\\\\x\"")));
    play_check(t, &f.play, P("1", "1") M("1", "1", "null", "1", "null"));
    end(&f);
}

static void a_refusal_is_passed_on(struct test *t)
{
    struct fixture f;

    for (size_t refuse = 0; refuse < 3; refuse++) {
        begin(&f, "C:\\W");
        f.play.refuse_at = refuse;
        CHECK(t, !play_feed(t, &f.play, &f.sink,
                            P("1", "1") M("1", "1", "null", "1", "null")
                                END("1", "1", "2", "0", "true")));
        end(&f);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(processes_come_with_their_first_mapping),
        TEST_CASE(each_reply_is_counted_by_itself),
        TEST_CASE(mappings_without_a_path_lie_nowhere),
        TEST_CASE(a_refusal_is_passed_on),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
