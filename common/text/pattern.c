#include "common/text/pattern.h"

#include "common/text/fold.h"

/* Each character of the text is taken by the pattern's next one. When that fails, the last star,
 * and only that one, takes a character more: what an earlier star took need never change, because
 * the last one can take whatever another choice would have left.
 *
 * slash  What the pattern's `/` stands for. */
static bool match(struct span pattern, struct span text, uint32_t slash, size_t *work)
{
    size_t unlimited = SIZE_MAX;
    size_t at = 0;
    size_t text_at = 0;
    bool has_star = false;
    size_t star_at = 0;   /* after the last star */
    size_t star_text = 0; /* after what that star takes */

    if (work == NULL)
        work = &unlimited;
    while (text_at<text.size && * work> 0) {
        --*work;
        if (at < pattern.size && pattern.data[at] == '*') {
            has_star = true;
            star_at = ++at;
            star_text = text_at;
            continue;
        }
        size_t text_next = text_at;
        uint32_t found = fold_next(text, &text_next);
        if (at < pattern.size) {
            bool any = pattern.data[at] == '?';
            uint32_t expected = fold_next(pattern, &at);
            if (any || found == (expected == '/' ? slash : expected)) {
                text_at = text_next;
                continue;
            }
        }
        if (!has_star)
            return false;
        fold_next(text, &star_text);
        text_at = star_text;
        at = star_at;
    }
    while (at < pattern.size && pattern.data[at] == '*')
        at++;
    return at == pattern.size && text_at == text.size;
}

bool glob_match(struct span pattern, struct span text, size_t *work)
{
    return match(pattern, text, '/', work);
}

struct span path_name(struct span path)
{
    size_t begin = path.size;

    while (begin > 0 && path.data[begin - 1] != '\\')
        begin--;
    return span_from(path, begin);
}

bool glob_match_path(struct span pattern, struct span path, size_t *work)
{
    if (match(pattern, path, '\\', work))
        return true;
    for (size_t i = 0; i < pattern.size; i++)
        if (pattern.data[i] == '\\' || pattern.data[i] == '/')
            return false;
    return match(pattern, path_name(path), '/', work);
}

bool glob_match_process(struct span pattern, struct span name, size_t *work)
{
    const struct span suffix = SPAN(".exe");
    if (glob_match(pattern, name, work))
        return true;
    if (name.size < suffix.size)
        return false;
    struct span stem = {name.data, name.size - suffix.size};
    return span_equal_ascii_nocase(span_from(name, stem.size), suffix) &&
           glob_match(pattern, stem, work);
}
