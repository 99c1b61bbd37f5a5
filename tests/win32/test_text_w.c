#include "tests/test.h"

#include <stdlib.h>
#include <wchar.h>

#include "common/win32/text_w.h"

static void from_utf8_known_answers(struct test *t)
{
    static const struct {
        const char *in;
        const wchar_t *out;
    } table[] = {
        {"", L""},
        {"a", L"a"},
        {"\\\\.\\pipe\\lsmap", L"\\\\.\\pipe\\lsmap"},
        {"donn\xC3\xA9"
         "es",
         L"donn\x00E9"
         L"es"},
        {"\xF0\x9F\x98\x80", L"\xD83D\xDE00"},
        {"\xFF", L"\xFFFD"},
    };
    for (size_t i = 0; i < TEST_COUNT(table); i++) {
        wchar_t out[32];
        TEST_ROW(t, "row %zu", i);
        CHECK_INT(t, ERROR_SUCCESS, text_w_from_utf8(out, 32, span_from_string(table[i].in)));
        CHECK(t, wcscmp(table[i].out, out) == 0);
    }
}

static void from_utf8_keeps_its_bounds(struct test *t)
{
    wchar_t out[4] = L"???";

    CHECK_INT(t, ERROR_BUFFER_OVERFLOW, text_w_from_utf8(out, 3, SPAN("abc")));
    CHECK_INT(t, ERROR_BUFFER_OVERFLOW, text_w_from_utf8(out, 0, SPAN("")));
    CHECK_INT(t, ERROR_BUFFER_OVERFLOW, text_w_from_utf8(out, 2, SPAN("\xF0\x9F\x98\x80")));
    CHECK(t, wcscmp(L"???", out) == 0);
    CHECK_INT(t, ERROR_SUCCESS, text_w_from_utf8(out, 4, SPAN("abc")));
    CHECK(t, wcscmp(L"abc", out) == 0);
}

static void from_utf8_refuses_a_hidden_end(struct test *t)
{
    wchar_t out[16] = L"old";

    CHECK_INT(t, ERROR_INVALID_DATA, text_w_from_utf8(out, 16, SPAN("pipe\0name")));
    CHECK_INT(t, ERROR_INVALID_DATA, text_w_from_utf8(out, 16, SPAN("\0")));
    CHECK(t, wcscmp(L"old", out) == 0);
}

static void to_utf8_known_answers(struct test *t)
{
    static const struct {
        const wchar_t *in;
        const char *out;
    } table[] = {
        {L"", ""},
        {L"a", "a"},
        {L"\x00E9\x20AC", "\xC3\xA9\xE2\x82\xAC"},
        {L"\xD83D\xDE00", "\xF0\x9F\x98\x80"},
        {L"\xD83D", "\xEF\xBF\xBD"},
        {L"\xDE00x", "\xEF\xBF\xBDx"},
    };
    for (size_t i = 0; i < TEST_COUNT(table); i++) {
        char out[32];
        TEST_ROW(t, "row %zu", i);
        CHECK_INT(t, ERROR_SUCCESS, text_w_to_utf8(out, sizeof out, table[i].in));
        CHECK_STR(t, table[i].out, out);
        char *heap = text_w_to_utf8_alloc(table[i].in);
        REQUIRE(t, heap != NULL);
        CHECK_STR(t, table[i].out, heap);
        free(heap);
    }
}

static void to_utf8_keeps_its_bounds(struct test *t)
{
    char out[4] = "old";

    CHECK_INT(t, ERROR_BUFFER_OVERFLOW, text_w_to_utf8(out, 3, L"abc"));
    CHECK_INT(t, ERROR_BUFFER_OVERFLOW, text_w_to_utf8(out, 0, L""));
    CHECK_STR(t, "old", out);
    CHECK_INT(t, ERROR_SUCCESS, text_w_to_utf8(out, 4, L"abc"));
    CHECK_STR(t, "abc", out);
}

static void error_is_one_line_with_its_number(struct test *t)
{
    static const DWORD errors[] = {ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_PIPE_BUSY,
                                   ERROR_NOT_ALL_ASSIGNED};
    for (size_t i = 0; i < TEST_COUNT(errors); i++) {
        char out[512];
        char number[16];
        TEST_ROW(t, "error %lu", (unsigned long)errors[i]);
        CHECK(t, text_w_error(out, sizeof out, errors[i]) == out);
        snprintf(number, sizeof number, " (%lu)", (unsigned long)errors[i]);
        size_t size = strlen(out);
        size_t number_size = strlen(number);
        REQUIRE(t, size > number_size + 3);
        CHECK_STR(t, number, out + size - number_size);
        CHECK(t, strpbrk(out, "\r\n\t") == NULL);
        CHECK(t, strchr(". ", out[size - number_size - 1]) == NULL);
    }
}

static void error_without_a_text_gives_its_number(struct test *t)
{
    char out[64];
    CHECK_STR(t, "Windows error 3735928559", text_w_error(out, sizeof out, 0xdeadbeef));
}

static void error_is_cut_to_its_room(struct test *t)
{
    char guard = '!';
    for (size_t capacity = 1; capacity < 40; capacity++) {
        char out[41];
        TEST_ROW(t, "capacity %zu", capacity);
        memset(out, guard, sizeof out);
        text_w_error(out, capacity, ERROR_ACCESS_DENIED);
        CHECK(t, memchr(out, '\0', capacity) != NULL);
        CHECK_INT(t, guard, out[capacity]);
        if (capacity >= 6)
            CHECK(t, strstr(out, " (5)") != NULL);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(from_utf8_known_answers),
        TEST_CASE(from_utf8_keeps_its_bounds),
        TEST_CASE(from_utf8_refuses_a_hidden_end),
        TEST_CASE(to_utf8_known_answers),
        TEST_CASE(to_utf8_keeps_its_bounds),
        TEST_CASE(error_is_one_line_with_its_number),
        TEST_CASE(error_without_a_text_gives_its_number),
        TEST_CASE(error_is_cut_to_its_room),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
