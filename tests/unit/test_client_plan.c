#include "client/plan.h"
#include "common/scan/regions.h"
#include "common/text/buffer.h"
#include "tests/test.h"

#include <string.h>

/* The request as it goes over the wire: what is asked, without looking at the struct. */
static void check_line(struct test *t, const struct options *options, size_t index,
                       const char *expected)
{
    struct request request;
    struct buffer line;

    TEST_ROW(t, "%s", expected);
    buffer_init(&line, REQUEST_SIZE_MAX);
    plan_request(options, index, &request);
    CHECK(t, request_encode(&request, &line));
    CHECK(t, line.size > 0 && line.data[line.size - 1] == '\n');
    CHECK_MEM(t, expected, strlen(expected), line.data, line.size > 0 ? line.size - 1 : 0);
    buffer_release(&line);
}

static void each_command_has_its_request(struct test *t)
{
    static const struct {
        struct options options;
        const char *line;
    } rows[] = {
        {{.command = COMMAND_INFO, .all = true}, "{\"id\":1,\"op\":\"info\"}"},
        {{.command = COMMAND_WHOAMI, .all = true}, "{\"id\":1,\"op\":\"whoami\"}"},
        {{.command = COMMAND_STATS, .all = true}, "{\"id\":1,\"op\":\"stats\"}"},
        {{.command = COMMAND_PS, .all = true}, "{\"id\":1,\"op\":\"processes\",\"all\":true}"},
        {{.command = COMMAND_PS, .pids = {7}, .pids_count = 1},
         "{\"id\":1,\"op\":\"processes\",\"pid\":7}"},
        {{.command = COMMAND_MAPS, .all = true}, "{\"id\":1,\"op\":\"maps\",\"all\":true}"},
        {{.command = COMMAND_MAPS, .pids = {7, 8}, .pids_count = 2},
         "{\"id\":1,\"op\":\"maps\",\"pid\":[7,8]}"},
        {{.command = COMMAND_MAPS, .all = true, .kinds = VIEW_DATA},
         "{\"id\":1,\"op\":\"maps\",\"all\":true,\"kinds\":[\"data\"]}"},
        {{.command = COMMAND_MAPS, .all = true, .path = {"C:\\a\"b", 6}},
         "{\"id\":1,\"op\":\"maps\",\"all\":true,\"path\":\"C:\\\\a\\\"b\"}"},
        {{.command = COMMAND_MAPS,
          .pids = {7},
          .pids_count = 1,
          .has_address = true,
          .address = 0x1000},
         "{\"id\":1,\"op\":\"maps\",\"pid\":7,\"address\":\"0x0000000000001000\"}"},
        {{.command = COMMAND_MAPS, .all = true, .detail = DETAIL_REGIONS},
         "{\"id\":1,\"op\":\"maps\",\"all\":true,\"detail\":\"regions\"}"},
        {{.command = COMMAND_MAPS, .all = true, .detail = DETAIL_PAGES, .debug = true},
         "{\"id\":1,\"op\":\"maps\",\"all\":true,\"detail\":\"pages\",\"debug\":true}"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        CHECK_INT(t, 1, plan_count(&rows[i].options));
        check_line(t, &rows[i].options, 0, rows[i].line);
    }
}

static void pids_go_together_and_names_alone(struct test *t)
{
    struct options options = {.command = COMMAND_MAPS,
                              .pids = {12, 4},
                              .pids_count = 2,
                              .names = {{"a*", 2}, {"\xC3\xA9.exe", 6}},
                              .names_count = 2};

    CHECK_INT(t, 3, plan_count(&options));
    check_line(t, &options, 0, "{\"id\":1,\"op\":\"maps\",\"pid\":[12,4]}");
    check_line(t, &options, 1, "{\"id\":2,\"op\":\"maps\",\"name\":\"a*\"}");
    check_line(t, &options, 2, "{\"id\":3,\"op\":\"maps\",\"name\":\"\xC3\xA9.exe\"}");
    options.pids_count = 0;
    CHECK_INT(t, 2, plan_count(&options));
    check_line(t, &options, 0, "{\"id\":1,\"op\":\"maps\",\"name\":\"a*\"}");
}

static void the_longest_request_fits_a_line(struct test *t)
{
    static struct options options = {.command = COMMAND_MAPS};
    static char path[REQUEST_NAME_SIZE_MAX];
    struct request request;
    struct buffer line;

    memset(path, '\x01', sizeof path); /* six bytes each when escaped */
    options.path = (struct span){path, sizeof path};
    options.pids_count = REQUEST_PIDS_MAX;
    for (size_t i = 0; i < REQUEST_PIDS_MAX; i++)
        options.pids[i] = UINT32_MAX - (uint32_t)i;
    buffer_init(&line, REQUEST_SIZE_MAX);
    plan_request(&options, 0, &request);
    CHECK(t, request_encode(&request, &line));
    buffer_release(&line);
}

static void nothing_to_ask(struct test *t)
{
    static const enum command commands[] = {COMMAND_USAGE, COMMAND_HELP, COMMAND_VERSION};

    for (size_t i = 0; i < TEST_COUNT(commands); i++) {
        struct options options = {.command = commands[i], .all = true};
        CHECK_INT(t, 0, plan_count(&options));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(each_command_has_its_request),
        TEST_CASE(pids_go_together_and_names_alone),
        TEST_CASE(the_longest_request_fits_a_line),
        TEST_CASE(nothing_to_ask),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
