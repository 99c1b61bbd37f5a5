#include "common/win32/text_w.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/text/utf.h"

static_assert(sizeof(wchar_t) == sizeof(uint16_t), "wchar_t is a UTF-16 unit on Windows");

enum { ERROR_SENTENCE_LEN_MAX = 512, ERROR_NUMBER_CAPACITY = 16 };

DWORD text_w_from_utf8(wchar_t *out, size_t capacity, struct span text)
{
    if (text.size > 0 && memchr(text.data, '\0', text.size) != NULL)
        return ERROR_INVALID_DATA;
    size_t len = utf16_from_utf8(NULL, 0, text);
    if (len >= capacity)
        return ERROR_BUFFER_OVERFLOW;
    utf16_from_utf8(out, len, text);
    out[len] = L'\0';
    return ERROR_SUCCESS;
}

DWORD text_w_to_utf8(char *out, size_t capacity, const wchar_t *text)
{
    const size_t len = wcslen(text) + 1; /* the terminator is converted too */
    if (utf8_from_utf16(NULL, 0, text, len) > capacity)
        return ERROR_BUFFER_OVERFLOW;
    utf8_from_utf16(out, capacity, text, len);
    return ERROR_SUCCESS;
}

char *text_w_to_utf8_alloc(const wchar_t *text)
{
    const size_t len = wcslen(text) + 1, size = utf8_from_utf16(NULL, 0, text, len);
    char *out = malloc(size);
    if (out != NULL)
        utf8_from_utf16(out, size, text, len);
    return out;
}

char **text_w_arguments(int count, wchar_t *const *arguments)
{
    char **utf8 = calloc((size_t)count + 1, sizeof *utf8);

    for (int i = 0; utf8 != NULL && i < count; i++)
        if ((utf8[i] = text_w_to_utf8_alloc(arguments[i])) == NULL)
            return NULL;
    return utf8;
}

const char *text_w_error(char *out, size_t capacity, DWORD error)
{
    /* MAX_WIDTH_MASK turns the line breaks inside a message into spaces. */
    const DWORD flags =
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
    wchar_t sentence[ERROR_SENTENCE_LEN_MAX];
    char sentence_utf8[ERROR_SENTENCE_LEN_MAX * 3];
    char number[ERROR_NUMBER_CAPACITY];

    if (capacity == 0)
        return out;
    size_t len = FormatMessageW(flags, NULL, error, 0, sentence, ERROR_SENTENCE_LEN_MAX, NULL);
    while (len > 0 && wcschr(L". \t\r\n", sentence[len - 1]) != NULL)
        len--;
    if (len == 0) {
        snprintf(out, capacity, "Windows error %lu", (unsigned long)error);
        return out;
    }
    const size_t number_size =
        (size_t)snprintf(number, sizeof number, " (%lu)", (unsigned long)error);
    /* The number matters more than the end of the sentence: it is never cut. */
    const struct span text = {sentence_utf8,
                              utf8_from_utf16(sentence_utf8, sizeof sentence_utf8, sentence, len)};
    const size_t size = number_size < capacity ? utf8_cut(text, capacity - number_size - 1) : 0;
    snprintf(out, capacity, "%.*s%s", (int)size, text.data, number_size < capacity ? number : "");
    return out;
}
