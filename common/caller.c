#include "caller.h"

#include <stddef.h>

const char *caller_elevation_name(enum caller_elevation elevation)
{
    switch (elevation) {
    case ELEVATION_DEFAULT:
        return "default";
    case ELEVATION_FULL:
        return "full";
    case ELEVATION_LIMITED:
        return "limited";
    case ELEVATION_UNKNOWN:
        break;
    }
    return NULL;
}
