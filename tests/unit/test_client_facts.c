#include "client/show/facts.h"
#include "tests/test.h"

#include <string.h>

static void facts_are_aligned(struct test *t)
{
    static const struct {
        const char *line;
        const char *text;
    } rows[] = {
        {"{\"id\":1,\"type\":\"info\"}", ""},
        {"{\"id\":1,\"type\":\"info\",\"product\":\"lsmap\",\"wine\":null,\"up\":true,"
         "\"limits\":{\"pids\":1024,\"deep\":{\"a\":[1]}},\"capabilities\":[\"a\",\"b\",3],"
         "\"none\":[],\"nothing\":{},\"off\":false}",
         "product:       lsmap\n"
         "wine:          -\n"
         "up:            yes\n"
         "limits.pids:   1024\n"
         "limits.deep:   ...\n"
         "capabilities:  a, b, 3\n"
         "none:          -\n"
         "off:           no\n"},
        {"{\"a\":1,\"a234567890123456789012345678901234567890123456789012345678901234\":2}",
         "a:  1\na234567890123456789012345678901234567890123456789012345678901234:  2\n"},
        {"{\"type\":\"stats\",\"a\":\"\\u001b\\\\x\"}", "a:  \xEF\xBF\xBD\\x\n"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct buffer out;
        buffer_init(&out, 4096);
        TEST_ROW(t, "row %zu", i);
        CHECK(t, facts_format(span_from_string(rows[i].line), &out));
        CHECK_MEM(t, rows[i].text, strlen(rows[i].text), out.data, out.size);
        buffer_release(&out);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {TEST_CASE(facts_are_aligned)};
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
