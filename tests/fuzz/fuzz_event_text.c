/* Any input gives an insertion string of one short line that the event log does not change. */
#include <string.h>

#include "common/text/utf.h"
#include "service/event_text.h"
#include "tests/fuzz/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *out = malloc(EVENT_TEXT_CLEAN_CAPACITY);
    char *in = malloc(size > 0 ? size : 1);
    char again[EVENT_TEXT_CLEAN_CAPACITY];

    FUZZ_CHECK(out != NULL && in != NULL);
    if (size > 0)
        memcpy(in, data, size);
    event_text_clean(out, (struct span){in, size});
    struct span text = span_from_string(out);
    FUZZ_CHECK(text.size < EVENT_TEXT_CLEAN_CAPACITY);
    FUZZ_CHECK(utf8_is_valid(text, NULL));
    size_t length = 0;
    for (size_t offset = 0; offset < text.size; length++) {
        uint32_t code_point = utf8_next(text, &offset);
        FUZZ_CHECK(code_point >= 0x20 && code_point != '%' &&
                   !(code_point >= 0x7f && code_point <= 0x9f));
        FUZZ_CHECK(code_point != 0x2028 && code_point != 0x2029);
        FUZZ_CHECK(!(code_point >= 0x202a && code_point <= 0x202e));
    }
    FUZZ_CHECK(length <= EVENT_TEXT_LENGTH_MAX);
    FUZZ_CHECK(length <= size);
    /* A clean text stays as it is. */
    event_text_clean(again, text);
    FUZZ_CHECK(strcmp(out, again) == 0);
    free(in);
    free(out);
    return 0;
}
