/* The bounds of names, lists and queries of Windows; common/proto/protocol.h has those that a
 * client can meet. Sizes are bytes, lengths UTF-16 units. */
#ifndef COMMON_BASE_BOUNDS_H
#define COMMON_BASE_BOUNDS_H

enum {
    NAME_LENGTH_MAX = 32767,             /* a file name, set by UNICODE_STRING */
    NAME_SIZE_MAX = NAME_LENGTH_MAX * 3, /* the same in UTF-8 */
    PROCESSES_MAX = 65536,               /* in one list */
    PAGES_BATCH_MAX = 512,               /* pages asked about in one query */
    PAGES_VIEW_MAX = 1024 * 1024, /* pages counted of one view: 4 GiB, then the count is capped */
    DEVICE_REFRESH_INTERVAL_MS = 1000 /* an unknown device asks the system at most this often */
};

#endif
