#include "common/proto/request.h"

#include "tests/rows/request_equal.h"
#include "tests/unit/request_check.h"

/* before, then `count` times `unit`, then after. */
static struct span repeat(struct buffer *buffer, const char *before, const char *unit, size_t count,
                          const char *after)
{
    bool ok = true;
    buffer_clear(buffer);
    ok = ok && buffer_append(buffer, span_from_string(before));
    for (size_t i = 0; i < count; i++)
        ok = ok && buffer_append(buffer, span_from_string(unit));
    ok = ok && buffer_append(buffer, span_from_string(after));
    if (!ok)
        abort();
    return buffer_span(buffer);
}

static void request_has_limits(struct test *t)
{
    static const struct {
        const char *before, *unit;
        size_t limit;
        const char *after;
        const char *message; /* of one unit more than the limit */
    } rows[] = {
        {"{\"op\":\"info\",\"id\":\"", "x", REQUEST_ID_SIZE_MAX, "\"}",
         "member \"id\" at offset 14 is longer than 64 bytes"},
        {"{\"op\":\"info\",\"id\":\"", "\\u0041", REQUEST_ID_SIZE_MAX, "\"}",
         "member \"id\" at offset 14 is longer than 64 bytes"},
        {"{\"op\":\"maps\",\"name\":\"", "x", REQUEST_NAME_SIZE_MAX, "\"}",
         "member \"name\" at offset 14 is longer than 1024 bytes"},
        {"{\"op\":\"maps\",\"name\":\"", "\\u00e9", REQUEST_NAME_SIZE_MAX / 2, "\"}",
         "member \"name\" at offset 14 is longer than 1024 bytes"},
        {"{\"op\":\"maps\",\"name\":[\"a\",\"", "x", REQUEST_NAME_SIZE_MAX, "\"]}",
         "member \"name\" at offset 14: the element at offset 25 is longer than 1024 bytes"},
        {"{\"op\":\"maps\",\"name\":[\"x\"", ",\"x\"", REQUEST_NAMES_MAX - 1, "]}",
         "member \"name\" at offset 14 is longer than 64 elements"},
        {"{\"op\":\"maps\",\"all\":true,\"path\":\"", "*", REQUEST_PATH_LEN_MAX, "\"}",
         "member \"path\" at offset 25 is longer than 32767 UTF-16 units"},
        {"{\"op\":\"maps\",\"all\":true,\"path\":\"", "\xe2\x82\xac", REQUEST_PATH_LEN_MAX, "\"}",
         "member \"path\" at offset 25 is longer than 32767 UTF-16 units"},
        {"{\"op\":\"maps\",\"all\":true,\"path\":\"x", "\\ud83d\\ude00", REQUEST_PATH_LEN_MAX / 2,
         "\"}", "member \"path\" at offset 25 is longer than 32767 UTF-16 units"},
        {"{\"op\":\"maps\",\"all\":true,\"path\":[\"x\"", ",\"x\"", REQUEST_PATHS_MAX - 1, "]}",
         "member \"path\" at offset 25 is longer than 64 elements"},
        {"{\"op\":\"maps\",\"pid\":[1", ",1", REQUEST_PIDS_MAX - 1, "]}",
         "member \"pid\" at offset 14 is longer than 1024 elements"},
        {"{\"op\":\"info\"", " ", REQUEST_SIZE_MAX - 14, "}",
         "the line is longer than 262144 bytes"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer line;
        struct request request;
        struct request_error error;
        TEST_ROW(t, "row %zu", i);
        buffer_init(&line, 2 * REQUEST_SIZE_MAX);
        repeat(&line, rows[i].before, rows[i].unit, rows[i].limit, rows[i].after);
        CHECK_INT(t, STATUS_OK, parse(buffer_span(&line), &request, &error));
        request_release(&request);
        repeat(&line, rows[i].before, rows[i].unit, rows[i].limit + 1, rows[i].after);
        CHECK_INT(t, STATUS_TOO_LARGE, parse(buffer_span(&line), &request, &error));
        CHECK_STR(t, rows[i].message, error.message);
        CHECK_INT(t, REQUEST_ID_NONE, request.id.type);
        buffer_release(&line);
    }
}

static void request_keeps_1024_different_pids(struct test *t)
{
    struct buffer line;
    struct request request;
    struct request_error error;
    char number[16];
    buffer_init(&line, REQUEST_SIZE_MAX);
    REQUIRE(t, buffer_append(&line, SPAN("{\"op\":\"maps\",\"pid\":[0")));
    for (unsigned i = 1; i < REQUEST_PIDS_MAX; i++) {
        snprintf(number, sizeof number, ",%u", 4 * i);
        CHECK(t, buffer_append(&line, span_from_string(number)));
    }
    CHECK(t, buffer_append(&line, SPAN("]}")));
    CHECK_INT(t, STATUS_OK, parse(buffer_span(&line), &request, &error));
    CHECK_INT(t, REQUEST_PIDS_MAX, request.pids_count);
    CHECK_INT(t, 4 * (REQUEST_PIDS_MAX - 1), request.pids[REQUEST_PIDS_MAX - 1]);
    buffer_release(&line);
}

static void request_reads_every_member(struct test *t)
{
    struct request request;
    struct request_error error;
    REQUIRE(
        t,
        parse(SPAN(" { \"detail\" : \"pages\" , \"debug\":true,\"address\":\"0xFfFF80001234aBc0\","
                   "\"path\":[\"*.d?l\\u00e9\",\"x\",\"*.d?l\u00e9\"],\"kinds\":[\"pagefile\","
                   "\"image\"],"
                   "\"own\":true,\"name\":[\"a\",\"B*\",\"\\u0061\"],\"pid\":[3,4294967295,3,0,3],"
                   "\"op\":\"maps\",\"id\":\"\\\"\\u20ac\" }\r"),
              &request, &error) == STATUS_OK);
    check_id(t, "'\"\xe2\x82\xac", &request.id);
    CHECK_INT(t, OP_MAPS, request.op);
    CHECK(t, !request.all);
    CHECK(t, request.own);
    CHECK_INT(t, 3, request.pids_count);
    CHECK_INT(t, 3, request.pids[0]);
    CHECK_INT(t, 4294967295, request.pids[1]);
    CHECK_INT(t, 0, request.pids[2]);
    CHECK_INT(t, 2, request.names_count);
    CHECK(t, span_equal(SPAN("a"), request.names[0]));
    CHECK(t, span_equal(SPAN("B*"), request.names[1]));
    CHECK_INT(t, KIND_IMAGE | KIND_PAGEFILE, request.kinds);
    CHECK_INT(t, 2, request.paths_count);
    CHECK(t, span_equal(SPAN("*.d?l\xc3\xa9"), request.paths[0]));
    CHECK(t, span_equal(SPAN("x"), request.paths[1]));
    CHECK(t, request.has_address);
    CHECK(t, request.address == 0xffff80001234abc0u);
    CHECK_INT(t, DETAIL_PAGES, request.detail);
    CHECK(t, request.debug);
    request_release(&request);
}

static void request_has_defaults(struct test *t)
{
    struct request request;
    struct request_error error;
    struct request expected;
    REQUIRE(t, parse(SPAN("{\"op\":\"maps\",\"pid\":[7]}"), &request, &error) == STATUS_OK);
    request_init(&expected, OP_MAPS);
    expected.pids[0] = 7;
    expected.pids_count = 1;
    CHECK(t, request_equal(&expected, &request));
    CHECK_INT(t, KIND_IMAGE | KIND_DATA, request.kinds);
}

static void request_failure_leaves_all_but_the_id(struct test *t)
{
    struct request request;
    struct request_error error;
    struct request before;
    parse(SPAN("{\"id\":5,\"op\":\"maps\",\"name\":\"a\",\"x\":1}"), &request, &error);
    memset(&before, 0xa5, sizeof before);
    CHECK_INT(t, 5, request.id.number);
    before.id = request.id;
    CHECK_MEM(t, &before, sizeof before, &request, sizeof request);
}

static void request_round_trip(struct test *t)
{
    static const struct {
        const char *in;
        const char *out; /* NULL: the same */
    } rows[] = {
        {"{\"op\":\"info\"}", NULL},
        {"{\"op\":\"whoami\"}", NULL},
        {"{\"op\":\"stats\"}", NULL},
        {"{\"id\":-9223372036854775808,\"op\":\"info\",\"debug\":true}", NULL},
        {"{\"id\":9223372036854775807,\"op\":\"info\",\"debug\":false}",
         "{\"id\":9223372036854775807,\"op\":\"info\"}"},
        {"{\"id\":\"\",\"op\":\"info\"}", NULL},
        {"{\"op\":\"processes\",\"all\":true}", NULL},
        {"{\"op\":\"processes\",\"pid\":0}", NULL},
        {"{\"op\":\"maps\",\"pid\":4294967295}", NULL},
        {"{\"op\":\"maps\",\"pid\":[7]}", "{\"op\":\"maps\",\"pid\":7}"},
        {"{\"op\":\"maps\",\"name\":[\"a\"],\"path\":[\"b\"]}",
         "{\"op\":\"maps\",\"name\":\"a\",\"path\":\"b\"}"},
        {"{\"op\":\"maps\",\"pid\":[7,8],\"name\":[\"a\",\"b\"],\"own\":true,\"path\":[\"c\",\"d\"]"
         "}",
         NULL},
        {"{\"op\":\"processes\",\"name\":[\"b\",\"a\",\"b\"],\"pid\":4,\"own\":false}",
         "{\"op\":\"processes\",\"pid\":4,\"name\":[\"b\",\"a\"]}"},
        {"{\"op\":\"processes\",\"all\":true,\"own\":true}", NULL},
        {"{\"op\":\"maps\",\"pid\":[7,8,7]}", "{\"op\":\"maps\",\"pid\":[7,8]}"},
        {"{\"op\":\"maps\",\"name\":\"chrome*.exe\",\"kinds\":[\"pagefile\"]}", NULL},
        {"{\"op\":\"maps\",\"all\":true,\"kinds\":[\"data\",\"image\"]}",
         "{\"op\":\"maps\",\"all\":true}"},
        {"{\"op\":\"maps\",\"all\":true,\"path\":\"C:\\\\Temp\\\\*\",\"detail\":\"views\"}",
         "{\"op\":\"maps\",\"all\":true,\"path\":\"C:\\\\Temp\\\\*\"}"},
        {"{\"op\":\"maps\",\"pid\":1,\"address\":\"0x0\"}",
         "{\"op\":\"maps\",\"pid\":1,\"address\":\"0x0000000000000000\"}"},
        {"{\"id\":1,\"op\":\"maps\",\"pid\":1,\"kinds\":[\"image\",\"data\",\"pagefile\"],"
         "\"path\":\"a\",\"address\":\"0xffffffffffffffff\",\"detail\":\"regions\",\"debug\":true}",
         NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer out;
        struct request request;
        struct request again;
        struct request_error error;
        TEST_ROW(t, "%.80s", rows[i].in);
        buffer_init(&out, REQUEST_SIZE_MAX);
        CHECK_INT(t, STATUS_OK, parse(span_from_string(rows[i].in), &request, &error));
        CHECK(t, request_encode(&request, &out));
        const char *expected = rows[i].out != NULL ? rows[i].out : rows[i].in;
        CHECK_MEM(t, expected, strlen(expected), out.data, out.size - 1);
        CHECK_INT(t, '\n', out.data[out.size - 1]);
        out.size--;
        CHECK_INT(t, STATUS_OK, parse(buffer_span(&out), &again, &error));
        CHECK(t, request_equal(&request, &again));
        request_release(&request);
        request_release(&again);
        buffer_release(&out);
    }
}

static void request_encode_fits_or_leaves_the_buffer(struct test *t)
{
    static const char line[] = "{\"op\":\"maps\",\"pid\":[7,8],\"path\":\"x\"}";
    struct request request;
    struct request_error error;
    REQUIRE(t, parse(SPAN(line), &request, &error) == STATUS_OK);
    for (size_t room = 0; room <= sizeof line; room++) {
        struct buffer out;
        TEST_ROW(t, "room %zu", room);
        buffer_init(&out, room + 1);
        REQUIRE(t, buffer_append(&out, SPAN("#")));
        bool fits = room >= sizeof line; /* its newline included */
        CHECK_INT(t, fits, request_encode(&request, &out));
        CHECK_INT(t, fits ? sizeof line + 1 : 1, out.size);
        buffer_release(&out);
    }
    request_release(&request);
}

/* A parsed request holds one block, no larger than its line; without texts it holds none. */
static void request_holds_no_more_than_its_line(struct test *t)
{
    static const char line[] = "{\"op\":\"maps\",\"name\":[\"a\",\"b\"],\"path\":\"x\"}";
    struct request request;
    struct request_error error;
    REQUIRE(t, parse(SPAN(line), &request, &error) == STATUS_OK);
    CHECK(t, request.texts.capacity <= sizeof line - 1);
    request_release(&request);
    CHECK(t, request.texts.data == NULL);
    REQUIRE(t, parse(SPAN("{\"op\":\"maps\",\"pid\":7}"), &request, &error) == STATUS_OK);
    CHECK(t, request.texts.data == NULL);
}

static void request_ops_have_names(struct test *t)
{
    CHECK_STR(t, "info", request_op_names[OP_INFO]);
    CHECK_STR(t, "whoami", request_op_names[OP_WHOAMI]);
    CHECK_STR(t, "processes", request_op_names[OP_PROCESSES]);
    CHECK_STR(t, "maps", request_op_names[OP_MAPS]);
    CHECK_STR(t, "stats", request_op_names[OP_STATS]);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(request_has_limits),
        TEST_CASE(request_keeps_1024_different_pids),
        TEST_CASE(request_reads_every_member),
        TEST_CASE(request_has_defaults),
        TEST_CASE(request_failure_leaves_all_but_the_id),
        TEST_CASE(request_round_trip),
        TEST_CASE(request_encode_fits_or_leaves_the_buffer),
        TEST_CASE(request_holds_no_more_than_its_line),
        TEST_CASE(request_ops_have_names),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
