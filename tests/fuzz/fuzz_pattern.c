/* Globs against a plain table of all prefixes. The input is a pattern, a newline and a text. */
#include <stdlib.h>
#include <string.h>

#include "common/text/fold.h"
#include "common/text/pattern.h"
#include "common/text/utf.h"
#include "tests/fuzz/script.h"

enum { CHARACTERS_MAX = 96 }; /* of the pattern and of the text; longer inputs are skipped */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct characters {
    uint32_t folded[CHARACTERS_MAX];
    size_t count;
};

static struct span exact(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    FUZZ_CHECK(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    return (struct span){copy, size};
}

static bool decode(struct span text, struct characters *characters)
{
    characters->count = 0;
    for (size_t offset = 0; offset < text.size; characters->count++) {
        if (characters->count == CHARACTERS_MAX)
            return false;
        characters->folded[characters->count] = fold_code_point(utf8_next(text, &offset));
    }
    return true;
}

/* row[k]: the pattern so far matches the first k characters of the text. */
static bool reference_match(const struct characters *pattern, const struct characters *text)
{
    bool row[CHARACTERS_MAX + 1] = {true};
    for (size_t i = 0; i < pattern->count; i++) {
        uint32_t expected = pattern->folded[i];
        bool diagonal = row[0];
        row[0] = row[0] && expected == '*';
        for (size_t k = 1; k <= text->count; k++) {
            bool above = row[k];
            if (expected == '*')
                row[k] = above || row[k - 1];
            else
                row[k] = diagonal && (expected == '?' || expected == text->folded[k - 1]);
            diagonal = above;
        }
    }
    return row[text->count];
}

/* A path pattern by the words of its header. */
static bool reference_match_path(struct characters pattern, const struct characters *path)
{
    bool has_separator = false;
    struct characters last = {.count = 0};
    for (size_t i = 0; i < pattern.count; i++) {
        if (pattern.folded[i] == '/')
            pattern.folded[i] = '\\';
        has_separator = has_separator || pattern.folded[i] == '\\';
    }
    for (size_t i = 0; i < path->count; i++) {
        last.folded[last.count++] = path->folded[i];
        if (path->folded[i] == '\\')
            last.count = 0;
    }
    return reference_match(&pattern, path) || (!has_separator && reference_match(&pattern, &last));
}

static void check(struct span pattern, struct span text)
{
    struct characters pattern_characters;
    struct characters text_characters;
    bool matches = glob_match(pattern, text, NULL);
    bool path_matches = glob_match_path(pattern, text, NULL);
    FUZZ_CHECK(!matches || glob_match_process(pattern, text, NULL));
    if (!decode(pattern, &pattern_characters) || !decode(text, &text_characters))
        return;
    FUZZ_CHECK(matches == reference_match(&pattern_characters, &text_characters));
    FUZZ_CHECK(path_matches == reference_match_path(pattern_characters, &text_characters));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t pattern_size = newline != NULL ? (size_t)(newline - data) : size / 2;
    size_t text_at = newline != NULL ? pattern_size + 1 : pattern_size;
    struct span pattern = exact(data, pattern_size);
    struct span text = exact(text_at < size ? data + text_at : NULL, size - text_at);
    check(pattern, text);
    check(text, pattern);
    free((void *)(uintptr_t)pattern.data);
    free((void *)(uintptr_t)text.data);
    return 0;
}
