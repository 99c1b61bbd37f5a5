/* Every malformed request: the code, the message with its offset, and the id. */
#include "tests/unit/request_check.h"

#define SELECTOR_NEEDED(op) "op \"" op "\" needs one of the members \"pid\", \"name\", \"all\""
#define PID_MUST_BE "must be an integer from 0 to 4294967295, or a list of such"
#define GLOB_MUST_BE "must be a string that is not empty, or a list of such"
#define ADDRESS_MUST_BE "must be a string of \"0x\" and 1 to 16 hexadecimal digits"

struct refusal {
    const char *line;
    const char *message;
    const char *id; /* "" none, digits, or ' and a text */
};

static void check_refusals(struct test *t, enum status code, const struct refusal *rows,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct request request;
        struct request_error error;
        TEST_ROW(t, "%.80s", rows[i].line);
        CHECK_INT(t, code, parse(span_from_string(rows[i].line), &request, &error));
        CHECK_INT(t, code, error.code);
        CHECK_STR(t, rows[i].message, error.message);
        CHECK(t, error.hint != NULL && error.hint[0] != '\0');
        check_id(t, rows[i].id, &request.id);
    }
}

static void request_refuses_what_is_no_object(struct test *t)
{
    static const struct refusal rows[] = {
        {"", "the line is empty", ""},
        {" \t\r", "the line is empty", ""},
        {"[]", "the request is not an object", ""},
        {"7", "the request is not an object", ""},
        {"null", "the request is not an object", ""},
        {"\"info\"", "the request is not an object", ""},
        {"[{\"id\":1,\"op\":\"info\"}]", "the request is not an object", ""},
        {"[[[[[1]]]]]", "nested deeper than 4 levels at offset 4", ""},
        {"{\"op\":\"maps\",\"pid\":[[[[1]]]],\"id\":5}", "nested deeper than 4 levels at offset 22",
         "5"},
        {"{\"op\":\"maps\",\"pid\":[[[1]]],\"id\":5}",
         "member \"pid\" at offset 14: the element at offset 20 must be an integer from 0 to "
         "4294967295",
         "5"},
    };
    check_refusals(t, STATUS_BAD_REQUEST, rows, TEST_COUNT(rows));
}

/* The words are the JSON reader's; here only the offset is checked. */
static void request_refuses_what_is_no_json(struct test *t)
{
    static const struct {
        const char *line;
        size_t offset;
        const char *id;
    } rows[] = {
        {"hello", 0, ""},
        {"{", 1, ""},
        {"{\"id\":3", 7, "3"},
        {"{\"id\":3,}", 8, "3"},
        {"{\"id\":3,\"op\":\"info\"} x", 21, "3"},
        {"{\"id\":3,\"op\":\"info\"}{}", 20, "3"},
        {"{\"id\":3,\"op\":'info'}", 13, "3"},
        {"{\"id\":3,\"pid\":01}", 15, "3"},
        {"{\"id\":3,\"pid\":NaN}", 14, "3"},
        {"{\"id\":3 /* no */}", 8, "3"},
        {"{\"pid\":01,\"id\":3}", 8, ""}, /* after the fault the line is not read */
        {"{\"id\":3,\"name\":\"a\xff\"}", 17, "3"},
        {"{\"id\":3,\"name\":\"a\xed\xa0\x80\"}", 17, "3"},
        {"{\"id\":3,\"name\":\"a\\ud800\"}", 17, "3"},
        {"{\"id\":3,\"name\":\"a\tb\"}", 17, "3"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct request request;
        struct request_error error;
        char start[64];
        TEST_ROW(t, "%.80s", rows[i].line);
        CHECK_INT(t, STATUS_BAD_REQUEST, parse(span_from_string(rows[i].line), &request, &error));
        int size = snprintf(start, sizeof start, "not valid JSON at offset %zu: ", rows[i].offset);
        CHECK_MEM(t, start, (size_t)size, error.message, (size_t)size);
        CHECK(t, strlen(error.message) > (size_t)size);
        check_id(t, rows[i].id, &request.id);
    }
}

static void request_refuses_a_nul_byte(struct test *t)
{
    static const char line[] = "{\"id\":3,\"name\":\"a\0\"}";
    struct request request;
    struct request_error error;
    CHECK_INT(t, STATUS_BAD_REQUEST, parse(SPAN(line), &request, &error));
    check_id(t, "3", &request.id);
}

static void request_refuses_unknown_and_repeated_members(struct test *t)
{
    static const struct refusal rows[] = {
        {"{}", "member \"op\" is missing", ""},
        {"{\"id\":1}", "member \"op\" is missing", "1"},
        {"{\"id\":7,\"pidd\":1}", "unknown member \"pidd\" at offset 9", "7"},
        {"{\"pidd\":1,\"id\":7}", "unknown member \"pidd\" at offset 2", "7"},
        {"{ \"pidd\" : {\"id\":9} , \"id\" : 7 }", "unknown member \"pidd\" at offset 3", "7"},
        {"{\"\":1}", "unknown member \"\" at offset 2", ""},
        {"{\"PID\":1}", "unknown member \"PID\" at offset 2", ""},
        {"{\"a\\u001bb\\u0085\x7f\":1}",
         "unknown member \"a\xef\xbf\xbd"
         "b\xef\xbf\xbd\xef\xbf\xbd\" at offset 2",
         ""},
        {"{\"a\\\"b\":1}", "unknown member \"a\"b\" at offset 2", ""},
        {"{\"12345678901234567890123456789012\":1}",
         "unknown member \"12345678901234567890123456789012\" at offset 2", ""},
        {"{\"123456789012345678901234567890123\":1}",
         "unknown member \"12345678901234567890123456789012...\" at offset 2", ""},
        {"{\"123456789012345678901234567890\xe2\x82\xac\":1}",
         "unknown member \"123456789012345678901234567890...\" at offset 2", ""},
        {"{\"id\":1,\"id\":2}", "repeated member \"id\" at offset 9", "1"},
        {"{\"op\":\"info\",\"op\":\"info\"}", "repeated member \"op\" at offset 14", ""},
        {"{\"pid\":1,\"p\\u0069d\":1}", "repeated member \"pid\" at offset 10", ""},
        {"{\"op\":\"info\",\"pid\":1}",
         "member \"pid\" at offset 14 does not belong to op \"info\"", ""},
        {"{\"all\":true,\"pid\":1,\"op\":\"whoami\"}",
         "member \"pid\" at offset 13 does not belong to op \"whoami\"", ""},
        {"{\"op\":\"stats\",\"detail\":\"pages\"}",
         "member \"detail\" at offset 15 does not belong to op \"stats\"", ""},
        {"{\"op\":\"processes\",\"all\":true,\"kinds\":[\"data\"]}",
         "member \"kinds\" at offset 30 does not belong to op \"processes\"", ""},
        {"{\"op\":\"processes\",\"all\":true,\"path\":\"a\"}",
         "member \"path\" at offset 30 does not belong to op \"processes\"", ""},
        {"{\"address\":\"0x1\",\"op\":\"processes\",\"all\":true}",
         "member \"address\" at offset 2 does not belong to op \"processes\"", ""},
    };
    check_refusals(t, STATUS_BAD_REQUEST, rows, TEST_COUNT(rows));
}

static void request_refuses_wrong_types(struct test *t)
{
    static const struct refusal rows[] = {
        {"{\"id\":null}", "member \"id\" at offset 2 must be an integer of 64 bits or a string",
         ""},
        {"{\"id\":1.5}", "member \"id\" at offset 2 must be an integer of 64 bits or a string", ""},
        {"{\"id\":9223372036854775808}",
         "member \"id\" at offset 2 must be an integer of 64 bits or a string", ""},
        {"{\"id\":[1]}", "member \"id\" at offset 2 must be an integer of 64 bits or a string", ""},
        {"{\"id\":{\"id\":1}}",
         "member \"id\" at offset 2 must be an integer of 64 bits or a string", ""},
        {"{\"id\":true,\"id\":2}",
         "member \"id\" at offset 2 must be an integer of 64 bits or a string", ""},
        {"{\"op\":1,\"id\":\"x\"}", "member \"op\" at offset 2 must be a string", "'x"},
        {"{\"op\":null}", "member \"op\" at offset 2 must be a string", ""},
        {"{\"name\":1}", "member \"name\" at offset 2 " GLOB_MUST_BE, ""},
        {"{\"name\":[]}", "member \"name\" at offset 2 is an empty list", ""},
        {"{\"name\":[\"a\",7]}",
         "member \"name\" at offset 2: the element at offset 13 must be a string that is not empty",
         ""},
        {"{\"name\":[[\"a\"]]}",
         "member \"name\" at offset 2: the element at offset 9 must be a string that is not empty",
         ""},
        /* valid JSON, but no name has it */
        {"{\"id\":3,\"name\":\"a\\u0000\"}",
         "member \"name\" at offset 9 must not contain \\u0000: no name has it", "3"},
        {"{\"path\":[\"a\",\"\\u0000\"]}",
         "member \"path\" at offset 2: the element at offset 13 must not contain \\u0000: no name "
         "has it",
         ""},
        {"{\"address\":\"0x1\\u0000\"}", "member \"address\" at offset 2 " ADDRESS_MUST_BE, ""},
        {"{\"kinds\":[\"data\\u0000\"]}",
         "member \"kinds\" at offset 2: unknown kind \"data\xef\xbf\xbd\" at offset 11", ""},
        {"{\"all\\u0000\":true}", "unknown member \"all\xef\xbf\xbd\" at offset 2", ""},
        {"{\"own\":1}", "member \"own\" at offset 2 must be true or false", ""},
        {"{\"all\":false}", "member \"all\" at offset 2 must be true", ""},
        {"{\"all\":1}", "member \"all\" at offset 2 must be true", ""},
        {"{\"kinds\":\"data\"}",
         "member \"kinds\" at offset 2 must be a list of kinds that is not empty", ""},
        {"{\"kinds\":[1]}",
         "member \"kinds\" at offset 2 must be a list of kinds that is not empty", ""},
        {"{\"path\":true}", "member \"path\" at offset 2 " GLOB_MUST_BE, ""},
        {"{\"path\":[]}", "member \"path\" at offset 2 is an empty list", ""},
        {"{\"path\":[\"\"]}",
         "member \"path\" at offset 2: the element at offset 9 must be a string that is not empty",
         ""},
        {"{\"address\":4096}", "member \"address\" at offset 2 " ADDRESS_MUST_BE, ""},
        {"{\"detail\":1}", "member \"detail\" at offset 2 must be a string", ""},
        {"{\"debug\":1}", "member \"debug\" at offset 2 must be true or false", ""},
        {"{\"debug\":null}", "member \"debug\" at offset 2 must be true or false", ""},
    };
    check_refusals(t, STATUS_BAD_REQUEST, rows, TEST_COUNT(rows));
}

static void request_refuses_bad_pids(struct test *t)
{
    static const struct refusal rows[] = {
        {"{\"pid\":-1}", "member \"pid\" at offset 2 " PID_MUST_BE, ""},
        {"{\"pid\":4294967296}", "member \"pid\" at offset 2 " PID_MUST_BE, ""},
        {"{\"pid\":18446744073709551616}", "member \"pid\" at offset 2 " PID_MUST_BE, ""},
        {"{\"pid\":1.0}", "member \"pid\" at offset 2 " PID_MUST_BE, ""},
        {"{\"pid\":1e3}", "member \"pid\" at offset 2 " PID_MUST_BE, ""},
        {"{\"pid\":\"1\"}", "member \"pid\" at offset 2 " PID_MUST_BE, ""},
        {"{\"pid\":null}", "member \"pid\" at offset 2 " PID_MUST_BE, ""},
        {"{\"pid\":{\"a\":1}}", "member \"pid\" at offset 2 " PID_MUST_BE, ""},
        {"{\"pid\":[]}", "member \"pid\" at offset 2 is an empty list", ""},
        {"{\"pid\":[1,-2]}",
         "member \"pid\" at offset 2: the element at offset 10 must be an integer from 0 to "
         "4294967295",
         ""},
        {"{\"pid\":[4294967296]}",
         "member \"pid\" at offset 2: the element at offset 8 must be an integer from 0 to "
         "4294967295",
         ""},
        {"{\"pid\":[1,[2]]}",
         "member \"pid\" at offset 2: the element at offset 10 must be an integer from 0 to "
         "4294967295",
         ""},
    };
    check_refusals(t, STATUS_BAD_REQUEST, rows, TEST_COUNT(rows));
}

static void request_refuses_bad_selectors_and_words(struct test *t)
{
    static const struct refusal rows[] = {
        {"{\"op\":\"processes\"}", SELECTOR_NEEDED("processes"), ""},
        {"{\"op\":\"maps\",\"kinds\":[\"data\"],\"id\":1}", SELECTOR_NEEDED("maps"), "1"},
        {"{\"op\":\"maps\",\"address\":\"0x1000\"}", SELECTOR_NEEDED("maps"), ""},
        {"{\"op\":\"maps\",\"own\":true}", SELECTOR_NEEDED("maps"), ""},
        {"{\"op\":\"info\",\"own\":true}",
         "member \"own\" at offset 14 does not belong to op \"info\"", ""},
        {"{\"op\":\"maps\",\"pid\":1,\"name\":\"a\",\"all\":true}",
         "member \"all\" at offset 33: \"pid\" at offset 14 selects already", ""},
        {"{\"all\":true,\"op\":\"maps\",\"pid\":1}",
         "member \"all\" at offset 2: \"pid\" at offset 25 selects already", ""},
        {"{\"op\":\"processes\",\"name\":\"a\",\"all\":true,\"pid\":1}",
         "member \"all\" at offset 30: \"pid\" at offset 41 selects already", ""},
        {"{\"name\":\"\"}", "member \"name\" at offset 2 " GLOB_MUST_BE, ""},
        {"{\"path\":\"\"}", "member \"path\" at offset 2 " GLOB_MUST_BE, ""},
        {"{\"kinds\":[]}", "member \"kinds\" at offset 2 must be a list of kinds that is not empty",
         ""},
        {"{\"kinds\":[\"image\",\"heap\"]}",
         "member \"kinds\" at offset 2: unknown kind \"heap\" at offset 19", ""},
        {"{\"kinds\":[\"physical\"]}",
         "member \"kinds\" at offset 2: unknown kind \"physical\" at offset 11", ""},
        {"{\"kinds\":[\"data\",\"data\"]}",
         "member \"kinds\" at offset 2: repeated kind \"data\" at offset 18", ""},
        {"{\"detail\":\"Pages\"}",
         "member \"detail\" at offset 2: unknown detail \"Pages\" at offset 11", ""},
        {"{\"address\":\"\"}", "member \"address\" at offset 2 " ADDRESS_MUST_BE, ""},
        {"{\"address\":\"0x\"}", "member \"address\" at offset 2 " ADDRESS_MUST_BE, ""},
        {"{\"address\":\"0X10\"}", "member \"address\" at offset 2 " ADDRESS_MUST_BE, ""},
        {"{\"address\":\"1000\"}", "member \"address\" at offset 2 " ADDRESS_MUST_BE, ""},
        {"{\"address\":\"0x10g\"}", "member \"address\" at offset 2 " ADDRESS_MUST_BE, ""},
        {"{\"address\":\"0x-1\"}", "member \"address\" at offset 2 " ADDRESS_MUST_BE, ""},
        {"{\"address\":\" 0x1\"}", "member \"address\" at offset 2 " ADDRESS_MUST_BE, ""},
        {"{\"address\":\"0x12345678123456781\"}", "member \"address\" at offset 2 " ADDRESS_MUST_BE,
         ""},
    };
    check_refusals(t, STATUS_BAD_REQUEST, rows, TEST_COUNT(rows));
}

static void request_refuses_unknown_ops_as_unsupported(struct test *t)
{
    static const struct refusal rows[] = {
        {"{\"op\":\"kill\"}", "member \"op\" at offset 2: unknown op \"kill\" at offset 7", ""},
        {"{\"op\":\"\",\"id\":1}", "member \"op\" at offset 2: unknown op \"\" at offset 7", "1"},
        {"{\"op\":\"Info\"}", "member \"op\" at offset 2: unknown op \"Info\" at offset 7", ""},
        {"{\"op\":\"infos\"}", "member \"op\" at offset 2: unknown op \"infos\" at offset 7", ""},
    };
    check_refusals(t, STATUS_UNSUPPORTED, rows, TEST_COUNT(rows));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(request_refuses_what_is_no_object),
        TEST_CASE(request_refuses_what_is_no_json),
        TEST_CASE(request_refuses_a_nul_byte),
        TEST_CASE(request_refuses_unknown_and_repeated_members),
        TEST_CASE(request_refuses_wrong_types),
        TEST_CASE(request_refuses_bad_pids),
        TEST_CASE(request_refuses_bad_selectors_and_words),
        TEST_CASE(request_refuses_unknown_ops_as_unsupported),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
