/* Device paths to DOS paths: a table of prefixes.
 *
 * The kernel names files by device, \Device\HarddiskVolume3\a.dll; users know C:\a.dll. The longest
 * prefix that ends at a separator wins, so HarddiskVolume1 never takes a file of HarddiskVolume12.
 * These forms need no table:
 *
 *     \Device\Mup\server\share\...                            becomes \\server\share\...
 *     \Device\Mup\;Csc\.\.\server\share\... (offline files)   becomes \\server\share\...
 *     \Device\LanmanRedirector\;Z:0000000000012345\server\... becomes \\server\...
 *     \Device\vmsmb\VSMB-{...}\... (host's files in a guest)   becomes \\?\VMSMB\VSMB-{...}\...
 *     \Device\HarddiskVolumeShadowCopy3\...                   becomes \\?\GLOBALROOT\Device\...
 *     \??\C:\... (Wine)                                       becomes C:\...
 *     \??\UNC\server\share\...                                becomes \\server\share\...
 *
 * Sources: for the offline files public reports on csc.sys, for vmsmb the Windows containers of hcsshim.
 * device_query.c fills the table from the system. A table in use is never changed, so any number of
 * threads may read it. */
#ifndef COMMON_SCAN_DEVICE_MAP_H
#define COMMON_SCAN_DEVICE_MAP_H

#include "common/base/status.h"
#include "common/text/buffer.h"

enum { DEVICE_MAP_ENTRIES_MAX = 1024 }; /* letters, other volumes, mount points */

enum device_form {
    DEVICE_VOLUME, /* a target path replaces the prefix: "C:", "D:\mnt", "\\?\Volume{...}" */
    DEVICE_ROOT    /* no other user has a path to it: \\?\GLOBALROOT\Device\... opens its files */
};

struct device_map {
    struct buffer entries; /* owned; one after the other, see device_map.c */
    size_t count;
};

void device_map_init(_Out_ struct device_map *map);
void device_map_release(_Inout_ struct device_map *map);

/* Adds a prefix. A device that is in the table keeps its first target: letters are added first, then
 * mount points, then volume names. A `subst` link (\??\C:\dir) is refused, because it would give one
 * file several names.
 *
 * device, target  UTF-8, copied; one trailing separator is dropped. Only a volume needs a target.
 * Returns STATUS_OK; STATUS_BAD_REQUEST for an empty or subst device or a volume without target;
 * STATUS_TOO_LARGE when full or out of memory. */
NODISCARD enum status device_map_add(_Inout_ struct device_map *map, enum device_form form,
                                     struct span device, struct span target);

/* Adds the device of a path, \Device\NAME, as a DEVICE_ROOT, or those of another table; none twice. */
void device_map_add_root(_Inout_ struct device_map *map, struct span device_path);
void device_map_add_all(_Inout_ struct device_map *map, _In_ const struct device_map *from);

/* True when a name from the kernel is the path of a file. It may be the bare name of a device, when
 * a file system does not name its file; minimal processes have image names like "Registry". */
bool device_path_is_file(struct span name);

/* Rewrites a device path: see platform->path. Also returns false when memory is short. */
bool device_map_rewrite(_In_ const struct device_map *map, struct span device_path,
                        _Inout_ struct buffer *path);

#endif
