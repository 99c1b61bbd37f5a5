#include "client/show/progress.h"

#include <stdio.h>

#include "client/show/text.h"
#include "common/proto/protocol.h"

_Static_assert(sizeof PRODUCT_NAME + DISPLAY_COUNT_CAPACITY + sizeof ":  processes\r\r" <
                   PROGRESS_CAPACITY,
               "the longest line fits");

void progress_init(struct progress *progress, uint64_t now_ms)
{
    *progress = (struct progress){.due_ms = now_ms + PROGRESS_QUIET_MS};
}

struct span progress_draw(struct progress *progress, uint64_t now_ms, uint64_t count, char *out)
{
    char number[DISPLAY_COUNT_CAPACITY];

    if (now_ms < progress->due_ms)
        return SPAN("");
    progress->due_ms = now_ms + PROGRESS_INTERVAL_MS;
    int size = snprintf(out, PROGRESS_CAPACITY, "\r" PRODUCT_NAME ": %s process%s",
                        display_count(number, count).data, count == 1 ? "" : "es");
    progress->shown_width = (size_t)size - 1; /* it only grows, as counts do */
    return (struct span){out, (size_t)size};
}

struct span progress_clear(struct progress *progress, char *out)
{
    const int width = (int)progress->shown_width;

    progress->shown_width = 0;
    int size = width > 0 ? snprintf(out, PROGRESS_CAPACITY, "\r%*s\r", width, "") : 0;
    return (struct span){out, size > 0 ? (size_t)size : 0};
}
