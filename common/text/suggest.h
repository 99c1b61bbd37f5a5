/* "Did you mean": the known word next to one that was mistyped.
 *
 * Counts the letters to insert, leave out, change or swap with their neighbour, in any case. Words
 * further apart than a third of their letters are no help and not named; a beginning of a word is
 * always near. Short words and few of them: the cost is bounded by SUGGEST_SIZE_MAX squared each.
 */
#ifndef COMMON_TEXT_SUGGEST_H
#define COMMON_TEXT_SUGGEST_H

#include "common/base/annotations.h"
#include "common/text/span.h"

enum { SUGGEST_SIZE_MAX = 24 }; /* bytes; a longer word has no neighbours */

struct suggestion {
    struct span typed;
    struct span best; /* data NULL: nothing near was offered */
    unsigned distance;
};

/* typed  Must outlive the suggestion, and so must every word offered. */
void suggestion_init(_Out_ struct suggestion *suggestion, struct span typed);

/* Takes `word` when it is nearer than what was offered before. */
void suggestion_offer(_Inout_ struct suggestion *suggestion, struct span word);

#endif
