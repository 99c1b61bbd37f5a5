/* Device paths to DOS paths: a table of prefixes.
 *
 * The kernel names files by device (\Device\HarddiskVolume3\a.dll); users know C:\a.dll. The
 * longest prefix that ends at a separator wins, so HarddiskVolume1 never takes a file of
 * HarddiskVolume12. Forms that need no table are understood too: \Device\Mup\server\share and the
 * redirectors behind it
 * (\Device\LanmanRedirector\;Z:0000000000012345\server\share) become \\server\share, \??\C:\ (Wine)
 * becomes C:\,
 * \??\UNC\server\share becomes \\server\share. The table is filled by device_table.c from the
 * system and read by any thread; it is never changed once it is in use.
 */
#ifndef COMMON_SCAN_DEVICE_MAP_H
#define COMMON_SCAN_DEVICE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/annotations.h"
#include "common/base/status.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum {
    DEVICE_MAP_ENTRIES_MAX = 1024
}; /* letters, volumes without letter, mount points, redirectors */

enum device_form {
    DEVICE_VOLUME,    /* a target path replaces the prefix: "C:", "D:\mnt", "\\?\Volume{...}" */
    DEVICE_REDIRECTOR /* the rest is [;...\]server\share\...: it becomes \\server\share\... */
};

struct device_map_entry {
    size_t device_offset; /* in text; the prefix without a trailing separator */
    size_t device_size;
    size_t target_offset; /* in text; without a trailing separator; unused for redirectors */
    size_t target_size;
    enum device_form form;
};

struct device_map {
    struct device_map_entry *entries; /* owned */
    size_t count;
    size_t capacity;
    struct buffer text; /* owned; all prefixes and targets */
};

void device_map_init(_Out_ struct device_map *map);
void device_map_release(_Inout_ struct device_map *map);

/* Adds a prefix. A device that is in the table already keeps its first target: letters are added
 * first, then mount points, then volume names. A `subst` link (\??\C:\dir) is refused, because many
 * names would then lead to one file.
 *
 * device, target  UTF-8, both copied; one trailing separator is dropped. A redirector's target is
 *                 not used.
 * Returns STATUS_OK; STATUS_BAD_REQUEST for an empty or subst device or a volume without target;
 * STATUS_TOO_LARGE when full or without memory. */
NODISCARD enum status device_map_add(_Inout_ struct device_map *map, enum device_form form,
                                     struct span device, struct span target);

/* Rewrites a device path.
 * path  Cleared, then receives UTF-8; left empty on false.
 * Returns false when no prefix matches or memory is short. */
bool device_map_rewrite(_In_ const struct device_map *map, struct span device_path,
                        _Inout_ struct buffer *path);

#endif
