/* What a complete run prints in each format. */
#include "tests/unit/client_play.h"

static struct asked_list no_paths;

/* A mistyped command is taken for the name of a process; no process has it. */
static void a_mistyped_command_is_suggested(struct test *t)
{
    static const struct {
        const char *name, *error;
    } rows[] = {
        {"whomai", "lsmap: no process is named \"whomai\"; did you mean \"lsmap whoami\"?\n"},
        {"stat", "lsmap: no process is named \"stat\"; did you mean \"lsmap stats\"?\n"},
        {"notepad", "lsmap: no process is named \"notepad\"\n"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        char reply[1024];
        TEST_ROW(t, "%s", rows[i].name);
        (void)snprintf(reply, sizeof reply,
                       UNMATCHED("1", "null", "\"%s\"") END_UNMATCHED("1", "0", "1", "1"),
                       rows[i].name);
        play_begin(&play, reply);
        play.options.request.all = false;
        play.options.request.names[0] = span_from_string(rows[i].name);
        play.options.request.names_count = 1;
        CHECK_INT(t, OUTCOME_NOTHING, play_run(&play));
        play_check(t, rows[i].error, &play.printed.error);
        play_end(&play);
    }
}

static void csv_is_one_table_of_all_processes(struct test *t)
{
    struct play play;

    play_begin(&play, PROCESS("1") MAP("1") PROCESS("1") MAP("1") END("1", "2", "4", "0", "true"));
    play.options.format = FORMAT_CSV;
    CHECK_INT(t, OUTCOME_COMPLETE, play_run(&play));
    play_check(t,
               "pid,process,base,size,kind,protect,path,device_path,path_lossy,"
               "name_status,committed\r\n"
               "7,,,4096,,,C:\\x,,false,,\r\n"
               "7,,,4096,,,C:\\x,,false,,\r\n",
               &play.printed.out);
    play_check(t, "", &play.printed.error);
    play_end(&play);
}

/* For readers with another code page: the same JSON in ASCII, and CSV that says what it is. */
static void encodings_are_for_other_code_pages(struct test *t)
{
    struct play play;

    play_begin(&play, "{\"id\":1,\"type\":\"process\",\"pid\":7,\"name\":\"\xC3\xA9 "
                      "\xE2\x82\xAC\xF0\x9F\x98\x80\\u0085\",\"access\":\"full\"}\n" END(
                          "1", "1", "1", "0", "true"));
    play.options.format = FORMAT_JSON;
    play.options.ascii = true;
    CHECK_INT(t, OUTCOME_COMPLETE, play_run(&play));
    play_check(t, "", &play.printed.error);
    play_check(
        t,
        "{\"id\":1,\"type\":\"process\",\"pid\":7,\"name\":\"\\u00e9 "
        "\\u20ac\\ud83d\\ude00\\u0085\",\"access\":\"full\"}\n" END("1", "1", "1", "0", "true"),
        &play.printed.out);
    play_end(&play);

    play_begin(&play, END("1", "0", "0", "0", "true"));
    play.options.format = FORMAT_CSV;
    play.options.bom = true;
    (void)play_run(&play);
    CHECK(t, play.printed.out.size > 7);
    CHECK_MEM(t,
              "\xEF\xBB\xBF"
              "pid,",
              7, play.printed.out.data, 7);
    play_end(&play);
}

/* A process that could not be read is reported on stderr and by the exit code in each format except
 * JSON, where it is a row. */
static void failed_processes_are_reported(struct test *t)
{
    static const struct {
        enum output_format format;
        bool reported;
    } rows[] = {
        {FORMAT_TABLE, true}, {FORMAT_CSV, true}, {FORMAT_PROMETHEUS, true}, {FORMAT_JSON, false}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        TEST_ROW(t, "format %zu", i);
        play_begin(&play, PROCESS("1") PROCESS_ERROR("1") END("1", "1", "2", "1", "false"));
        play.options.format = rows[i].format;
        CHECK_INT(t, OUTCOME_INCOMPLETE, play_run(&play));
        CHECK_INT(t, rows[i].reported, play.printed.error.size > 0);
        play_end(&play);
    }
}

static void a_refused_request_prints_no_result(struct test *t)
{
    static const enum output_format formats[] = {FORMAT_TABLE, FORMAT_CSV, FORMAT_PROMETHEUS};

    for (size_t i = 0; i < TEST_COUNT(formats); i++) {
        struct play play;
        TEST_ROW(t, "format %zu", i);
        play_begin(&play, ERROR("\"id\":1,", "denied"));
        play.options.format = formats[i];
        CHECK_INT(t, OUTCOME_DENIED, play_run(&play));
        play_check(t, "", &play.printed.out);
        play_end(&play);
    }
}

/* A reply that is cut off may print a part of a table, with its exit code, but never half of the
 * sums. */
static void a_cut_reply_makes_no_metrics(struct test *t)
{
    struct play play;

    play_begin(&play, PROCESS("1") MAP("1"));
    play.options.format = FORMAT_PROMETHEUS;
    CHECK_INT(t, OUTCOME_BROKEN, play_run(&play));
    play_check(t, "", &play.printed.out);
    play_end(&play);
}

/* How often a run asked to show progress, and with what. */
struct shown {
    struct printed printed; /* first: the context of the others, too */
    unsigned count;
    uint64_t processes;
};

static void show(void *context, uint64_t processes)
{
    struct shown *shown = context;

    shown->count++;
    shown->processes = processes;
}

static void progress_counts_processes(struct test *t)
{
    static const struct {
        bool all, quiet, shown;
    } rows[] = {{true, false, true}, {true, true, false}, {false, false, false}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        struct shown shown = {.printed.writes_max = SIZE_MAX};
        TEST_ROW(t, "row %zu", i);
        play_begin(&play, PROCESS("1") PROCESS("1") END("1", "2", "2", "0", "true"));
        play.script.step = 16;
        play.options.request.all = rows[i].all;
        play.options.quiet = rows[i].quiet;
        play.options.format = FORMAT_JSON;
        play.options.request.pids[0] = 7;
        play.options.request.pids_count = rows[i].all ? 0 : 1;
        buffer_init(&shown.printed.out, OUTPUT_ROW_SIZE_MAX);
        buffer_init(&shown.printed.error, OUTPUT_ROW_SIZE_MAX);
        const struct transport transport = {
            .context = &play.script, .send = script_send, .receive = script_receive};
        const struct output output = {.context = &shown,
                                      .write = print_result,
                                      .complain = print_diagnostic,
                                      .progress = show};
        const struct run_settings settings = {.options = &play.options,
                                              .transport = &transport,
                                              .output = &output,
                                              .paths = &no_paths};
        CHECK_INT(t, OUTCOME_COMPLETE, run_request(&settings));
        CHECK_INT(t, rows[i].shown, shown.count > 1);
        CHECK_INT(t, rows[i].shown ? 2 : 0, shown.processes);
        buffer_release(&shown.printed.out);
        buffer_release(&shown.printed.error);
        play_end(&play);
    }
}

static uint64_t noon(void *context)
{
    (void)context;
    return 134084791231234567u;
}

/* Each line of a run with --host is strict JSON with every member once, whatever comes; the rest
 * of the line is as received. */
static void host_lines_are_strict_json(struct test *t)
{
    static const uint8_t random[ENVELOPE_RANDOM_SIZE] = {0};
    static const char *const steps[] = {"", "sorted", "by file"};

    for (size_t i = 0; i < TEST_COUNT(steps); i++) {
        struct play play;
        struct envelope envelope;
        unsigned lines = 0;
        TEST_ROW(t, "%s", steps[i]);
        play_begin(&play, PROCESS("1") "{ \"id\" : 1, \"type\":\"\\u006dap\",\"pid\":7,"
                                       "\"size\":1,\"path\":\"x\" ,\"new\":[1e3] }\r\n"
                                       "{\"id\":1,\"type\":\"later\",\"host\":null}\n" END(
                                           "1", "1", "3", "0", "true"));
        play.options.format = FORMAT_JSON;
        play.options.sort = i == 1 ? ORDER_SIZE : ORDER_NONE;
        play.options.by_file = i == 2;
        envelope_init(&envelope, "a\"\\\xC3\xA9", 0, random);
        play.envelope = &envelope;
        play.now = noon;
        CHECK_INT(t, OUTCOME_COMPLETE, play_run(&play));
        struct span rest = buffer_span(&play.printed.out);
        while (rest.size > 0) {
            const char *newline = memchr(rest.data, '\n', rest.size);
            struct row row;
            struct row_error error = {"", 0};
            REQUIRE(t, newline != NULL);
            struct span line = {rest.data, (size_t)(newline - rest.data)};
            row_init(&row);
            CHECK(t, row_parse(&row, line, &error)); /* refuses a member twice */
            CHECK_STR(t, "", error.text);
            CHECK(t, row_knows(&row, MEMBER_SCHEMA) && row_knows(&row, MEMBER_SCAN_ID) &&
                         row_knows(&row, MEMBER_TIME));
            row_release(&row);
            rest = span_from(rest, line.size + 1);
            lines++;
        }
        CHECK(t, lines >= 2);
        play_end(&play);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_mistyped_command_is_suggested), TEST_CASE(csv_is_one_table_of_all_processes),
        TEST_CASE(failed_processes_are_reported),   TEST_CASE(a_refused_request_prints_no_result),
        TEST_CASE(a_cut_reply_makes_no_metrics),    TEST_CASE(progress_counts_processes),
        TEST_CASE(host_lines_are_strict_json),      TEST_CASE(encodings_are_for_other_code_pages),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
