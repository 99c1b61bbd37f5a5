#include "common/text/buffer.h"

#include "tests/test.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
/* So that an allocation beyond all memory is refused as everywhere, not reported as an error. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
#endif

static void buffer_append_and_consume_keep_the_order(struct test *t)
{
    struct buffer buffer;
    buffer_init(&buffer, 64);
    CHECK_INT(t, 0, buffer_span(&buffer).size);
    CHECK(t, buffer_append(&buffer, SPAN("hello ")));
    CHECK(t, buffer_append(&buffer, SPAN("world")));
    CHECK(t, buffer_append(&buffer, (struct span){NULL, 0}));
    CHECK(t, span_equal(SPAN("hello world"), buffer_span(&buffer)));
    buffer_consume(&buffer, 0);
    buffer_consume(&buffer, 6);
    CHECK(t, span_equal(SPAN("world"), buffer_span(&buffer)));
    buffer_consume(&buffer, 5);
    CHECK_INT(t, 0, buffer_span(&buffer).size);
    CHECK(t, buffer_append(&buffer, SPAN("again")));
    CHECK(t, span_equal(SPAN("again"), buffer_span(&buffer)));
    buffer_release(&buffer);
}

static void buffer_is_empty_and_without_memory_at_birth(struct test *t)
{
    struct buffer zero = {.capacity_max = 10};
    buffer_consume(&zero, 0);
    buffer_clear(&zero);
    CHECK(t, buffer_reserve(&zero, 0));
    CHECK(t, buffer_append(&zero, SPAN("")));
    CHECK(t, zero.data == NULL);
    CHECK(t, buffer_append(&zero, SPAN("0123456789")));
    buffer_release(&zero);
    buffer_release(&zero);
    CHECK_INT(t, 10, zero.capacity_max);
    CHECK(t, zero.data == NULL);
    CHECK(t, buffer_append(&zero, SPAN("0123456789")));
    buffer_release(&zero);
}

static void buffer_stops_exactly_at_its_bound(struct test *t)
{
    static const size_t bounds[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 4097};
    for (size_t i = 0; i < TEST_COUNT(bounds); i++) {
        TEST_ROW(t, "%zu", bounds[i]);
        struct buffer buffer;
        buffer_init(&buffer, bounds[i]);
        for (size_t k = 0; k < bounds[i]; k++)
            CHECK(t, buffer_append(&buffer, SPAN("x")));
        CHECK_INT(t, bounds[i], buffer.size);
        CHECK(t, buffer.capacity <= bounds[i]);
        CHECK(t, !buffer_reserve(&buffer, 1));
        CHECK(t, buffer_reserve(&buffer, 0));
        CHECK(t, !buffer_append(&buffer, SPAN("y")));
        CHECK_INT(t, bounds[i], buffer.size);
        buffer_release(&buffer);
    }
}

static void buffer_grows_by_doubling(struct test *t)
{
    struct buffer buffer;
    buffer_init(&buffer, 1024 * 1024);
    unsigned growths = 0;
    for (size_t k = 0; k < 1024 * 1024; k++) {
        size_t before = buffer.capacity;
        REQUIRE(t, buffer_append(&buffer, SPAN("x")));
        growths += buffer.capacity != before;
    }
    CHECK_INT(t, 13, growths); /* 256 to 1 Mi */
    size_t capacity = buffer.capacity;
    buffer_clear(&buffer);
    CHECK_INT(t, 0, buffer.size);
    CHECK_INT(t, capacity, buffer.capacity);
    buffer_release(&buffer);
}

static void buffer_reserve_makes_room_for_direct_writing(struct test *t)
{
    struct buffer buffer;
    buffer_init(&buffer, 5000);
    REQUIRE(t, buffer_append(&buffer, SPAN("abc")));
    REQUIRE(t, buffer_reserve(&buffer, 4997));
    CHECK_INT(t, 3, buffer.size);
    CHECK(t, buffer.capacity - buffer.size >= 4997);
    memset(buffer.data + 3, 'z', 4997);
    CHECK(t, memcmp(buffer.data, "abcz", 4) == 0);
    CHECK(t, !buffer_reserve(&buffer, 4998));
    buffer_release(&buffer);
}

static void buffer_refuses_what_overflows_or_cannot_be_had(struct test *t)
{
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX);
    REQUIRE(t, buffer_append(&buffer, SPAN("kept")));
    const struct buffer before = buffer;
    CHECK(t, !buffer_reserve(&buffer, SIZE_MAX));         /* wraps */
    CHECK(t, !buffer_reserve(&buffer, SIZE_MAX - 3));     /* wraps to 0 */
    CHECK(t, !buffer_reserve(&buffer, SIZE_MAX - 4));     /* the most there is: no memory */
    CHECK(t, !buffer_reserve(&buffer, SIZE_MAX / 2 + 1)); /* doubling would wrap */
    CHECK(t, buffer.data == before.data);
    CHECK_INT(t, before.capacity, buffer.capacity);
    CHECK(t, span_equal(SPAN("kept"), buffer_span(&buffer)));
    buffer_release(&buffer);
}

/* What fits exactly fits; the first byte too many fails, and so does all that follows. */
static void buffer_failure_is_sticky(struct test *t)
{
    struct buffer buffer;
    buffer_init(&buffer, 4);
    CHECK(t, buffer_append(&buffer, SPAN("abc")));
    CHECK(t, !buffer.failed);
    CHECK(t, !buffer_append(&buffer, SPAN("de")));
    CHECK(t, buffer.failed);
    CHECK(t, !buffer_append(&buffer, SPAN("d"))); /* would fit, but "abcd" was never meant */
    CHECK(t, !buffer_append(&buffer, SPAN("")));
    CHECK(t, !buffer_text(&buffer, "d"));
    CHECK(t, !buffer_format(&buffer, "%d", 1));
    CHECK(t, buffer_extend(&buffer, 1) == NULL);
    CHECK(t, !buffer_reserve(&buffer, 0));
    buffer_consume(&buffer, 1);
    CHECK(t, buffer.failed);
    CHECK(t, span_equal(SPAN("bc"), buffer_span(&buffer)));

    buffer_truncate(&buffer, 1);
    CHECK(t, !buffer.failed);
    CHECK(t, buffer_append(&buffer, SPAN("xyz")));
    CHECK(t, span_equal(SPAN("bxyz"), buffer_span(&buffer)));
    CHECK(t, buffer_extend(&buffer, 1) == NULL);
    buffer_clear(&buffer);
    CHECK(t, !buffer.failed && buffer_append(&buffer, SPAN("1234")));
    CHECK(t, !buffer_text(&buffer, "5"));
    buffer_release(&buffer);
    CHECK(t, !buffer.failed && buffer_append(&buffer, SPAN("1234")));
    buffer_release(&buffer);
}

static void buffer_reserve_fails_once(struct test *t)
{
    struct buffer buffer;
    buffer_init(&buffer, 4);
    CHECK(t, !buffer_reserve(&buffer, 5));
    CHECK(t, !buffer.failed && buffer_append(&buffer, SPAN("1234")));
    buffer_release(&buffer);
}

static void buffer_formats(struct test *t)
{
    static char text[1000];
    struct buffer buffer;
    memset(text, 'x', sizeof text - 1);
    buffer_init(&buffer, 2000);
    CHECK(t, buffer_format(&buffer, "%s=%d;", "a", -5));
    CHECK(t, span_equal(SPAN("a=-5;"), buffer_span(&buffer)));
    buffer_clear(&buffer);
    for (size_t size = 0; size < sizeof text; size++) { /* short and long, both ways */
        buffer_clear(&buffer);
        TEST_ROW(t, "%zu", size);
        CHECK(t, buffer_format(&buffer, "%.*s", (int)size, text));
        CHECK_MEM(t, text, size, buffer.data, buffer.size);
    }
    CHECK(t, buffer_format(&buffer, "%s", text));
    CHECK(t, !buffer_format(&buffer, "%s", text));
    CHECK(t, buffer.failed);
    CHECK_INT(t, 2 * (sizeof text - 1), buffer.size);
    buffer_release(&buffer);
}

static void buffer_utf16_adds_all_or_nothing(struct test *t)
{
    static const uint16_t text[] = {'a', 'b', 0x20AC, 0xE9};
    struct buffer buffer;

    buffer_init(&buffer, 6);
    CHECK(t, buffer_utf16(&buffer, text, 2));
    CHECK(t, buffer_utf16(&buffer, NULL, 0));
    CHECK(t, buffer_utf16(&buffer, text + 2, 1));
    CHECK(t, !buffer_utf16(&buffer, text + 3, 1));
    CHECK_MEM(t, "ab\xE2\x82\xAC", 5, buffer.data, buffer.size);
    buffer_release(&buffer);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(buffer_append_and_consume_keep_the_order),
        TEST_CASE(buffer_is_empty_and_without_memory_at_birth),
        TEST_CASE(buffer_stops_exactly_at_its_bound),
        TEST_CASE(buffer_grows_by_doubling),
        TEST_CASE(buffer_reserve_makes_room_for_direct_writing),
        TEST_CASE(buffer_refuses_what_overflows_or_cannot_be_had),
        TEST_CASE(buffer_failure_is_sticky),
        TEST_CASE(buffer_reserve_fails_once),
        TEST_CASE(buffer_formats),
        TEST_CASE(buffer_utf16_adds_all_or_nothing),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
