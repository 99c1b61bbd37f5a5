/* UTF-16 and UTF-8: the input is taken once as units and once as bytes. */
#include <stdlib.h>
#include <string.h>

#include "common/text/utf.h"
#include "tests/fuzz/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Memory of exactly this size, so that a byte too far is seen. */
static void *exact(const void *data, size_t size)
{
    void *copy = malloc(size > 0 ? size : 1);
    FUZZ_CHECK(copy != NULL);
    if (size > 0 && data != NULL)
        memcpy(copy, data, size);
    return copy;
}

/* With less room the beginning of the text is written, in complete characters. */
static void check_cut(const uint16_t *in, size_t in_len, const char *complete, size_t need,
                      size_t capacity)
{
    char *out = exact(complete, capacity);
    memset(out, '\xFF', capacity);
    FUZZ_CHECK(utf8_from_utf16(out, capacity, in, in_len) == need);
    size_t written = 0;
    while (written < capacity && out[written] != '\xFF')
        written++;
    FUZZ_CHECK(written + 3 >= capacity); /* at most one character of 4 bytes had no room */
    FUZZ_CHECK(memcmp(out, complete, written) == 0);
    FUZZ_CHECK(utf8_is_valid((struct span){out, written}, NULL));
    free(out);
}

static void check_units(const uint8_t *data, size_t size)
{
    size_t len = size / 2;
    uint16_t *in = exact(data, len * 2);
    size_t need = utf8_from_utf16(NULL, 0, in, len);
    FUZZ_CHECK(need >= len && need <= 3 * len);
    char *out = exact(NULL, need);
    FUZZ_CHECK(utf8_from_utf16(out, need, in, len) == need);
    const struct span text = {out, need};
    FUZZ_CHECK(utf8_is_valid(text, NULL));
    uint16_t *back = exact(NULL, len * 2);
    FUZZ_CHECK(utf16_from_utf8(NULL, 0, text) == len);
    FUZZ_CHECK(utf16_from_utf8(back, len, text) == len);
    FUZZ_CHECK((memcmp(in, back, len * 2) == 0) == !utf16_is_lossy(in, len));
    if (need > 0)
        check_cut(in, len, out, need, data[0] % need);
    free(back);
    free(out);
    free(in);
}

static void check_bytes(const uint8_t *data, size_t size)
{
    char *in = exact(data, size);
    const struct span text = {in, size};
    size_t error_offset = size;
    bool valid = utf8_is_valid(text, &error_offset);
    FUZZ_CHECK(valid == (error_offset == size));
    FUZZ_CHECK(utf8_is_valid((struct span){in, error_offset}, NULL));
    for (size_t offset = 0; offset < error_offset;) {
        size_t begin = offset;
        char encoded[4];
        size_t encoded_size = utf8_encode(encoded, utf8_next(text, &offset));
        FUZZ_CHECK(encoded_size == offset - begin);
        FUZZ_CHECK(memcmp(encoded, in + begin, encoded_size) == 0);
    }
    if (!valid) {
        size_t offset = error_offset;
        FUZZ_CHECK(utf8_next(text, &offset) == 0xFFFD);
        FUZZ_CHECK(offset == error_offset + 1);
    }
    size_t len = utf16_from_utf8(NULL, 0, text);
    FUZZ_CHECK(len <= size);
    uint16_t *units = exact(NULL, len * 2);
    FUZZ_CHECK(utf16_from_utf8(units, len, text) == len);
    FUZZ_CHECK(!utf16_is_lossy(units, len));
    size_t need = utf8_from_utf16(NULL, 0, units, len);
    FUZZ_CHECK(valid ? need == size : need > 0);
    char *back = exact(NULL, need);
    FUZZ_CHECK(utf8_from_utf16(back, need, units, len) == need);
    FUZZ_CHECK(!valid || size == 0 || memcmp(back, in, size) == 0);
    free(back);
    free(units);
    free(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_units(data, size);
    check_bytes(data, size);
    return 0;
}
