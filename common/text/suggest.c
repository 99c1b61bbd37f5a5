#include "common/text/suggest.h"

#include <stddef.h>

enum { BEGINNING_SIZE_MIN = 3 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Three rows of the usual table are enough: a swap looks two back. */
static unsigned distance(struct span a, struct span b)
{
    unsigned rows[3][SUGGEST_SIZE_MAX + 1];

    for (size_t j = 0; j <= b.size; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.size; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *before = rows[(i - 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.size; j++) {
            char x = ascii_lower(a.data[i - 1]), y = ascii_lower(b.data[j - 1]);
            row[j] = least(least(before[j], row[j - 1]) + 1, before[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == ascii_lower(b.data[j - 2]) &&
                y == ascii_lower(a.data[i - 2]))
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[a.size % 3][b.size];
}

static unsigned farthest(struct span typed, struct span word)
{
    size_t longer = typed.size > word.size ? typed.size : word.size;

    return longer < 3 ? 0 : (unsigned)((longer + 1) / 3);
}

void suggestion_init(struct suggestion *suggestion, struct span typed)
{
    *suggestion = (struct suggestion){.typed = typed};
}

void suggestion_offer(struct suggestion *suggestion, struct span word)
{
    struct span typed = suggestion->typed;

    if (typed.size == 0 || typed.size > SUGGEST_SIZE_MAX || word.size > SUGGEST_SIZE_MAX)
        return;
    unsigned found = distance(typed, word);
    if (typed.size >= BEGINNING_SIZE_MIN && word.size >= typed.size &&
        span_equal_ascii_nocase(typed, (struct span){word.data, typed.size}))
        found = found > 0; /* the rest was not typed */
    if (found > farthest(typed, word) ||
        (suggestion->best.data != NULL && found >= suggestion->distance))
        return;
    suggestion->best = word;
    suggestion->distance = found;
}
