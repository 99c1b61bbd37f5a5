#include "common/win32/device_query.h"

#include <stdlib.h>
#include <wchar.h>

enum {
    TARGET_LEN_MAX = 0x7fff,      /* UTF-16 units of a link */
    ANSWER_LEN_MAX = 1024 * 1024, /* all folders that a volume is mounted at */
    TEXT_SIZE_MAX = 3 * ANSWER_LEN_MAX,
    VOLUMES_MAX = DEVICE_MAP_ENTRIES_MAX,
    VOLUME_NAME_CAPACITY = 64, /* \\?\Volume{GUID}\ has 49 units */
    VOLUME_DEVICE_OFFSET = 4,  /* after \\?\ */
    MOUNT_POINT_LEN_LETTER = 3 /* C:\ */
};

/* Queries are made one after the other and share the buffers. */
struct device_query {
    struct device_map *map;
    wchar_t *answer; /* owned; room for ANSWER_LEN_MAX units */
    struct buffer device;
    struct buffer target;
};

/* The targets of a DOS device name (global or of this session) into query->answer: terminated
 * strings, the current one first. */
static bool query_dos_device(struct device_query *query, const wchar_t *name)
{
    return QueryDosDeviceW(name, query->answer, TARGET_LEN_MAX) > 0;
}

static bool set_text(struct buffer *out, const wchar_t *text)
{
    buffer_clear(out);
    return buffer_utf16(out, text, wcslen(text));
}

/* Adds query->device. An entry that the map refuses (a subst link, or it is full) is left out. */
static void add_volume(struct device_query *query, const wchar_t *target)
{
    if (set_text(&query->target, target))
        (void)(device_map_add(query->map, DEVICE_VOLUME, buffer_span(&query->device),
                              buffer_span(&query->target)) == STATUS_OK);
}

/* The device of a connected network drive contains a semicolon,
 * \Device\LanmanRedirector\;Z:...\server\share. It is shown as \\server\share, not by its letter,
 * which other users do not have. */
static void add_letters(struct device_query *query)
{
    wchar_t letter[] = L"A:";

    for (; letter[0] <= L'Z'; letter[0]++) {
        if (query_dos_device(query, letter) && wcsstr(query->answer, L"\\;") == NULL &&
            set_text(&query->device, query->answer))
            add_volume(query, letter);
    }
}

/* \SystemRoot begins the names of drivers. */
static void add_system_root(struct device_query *query)
{
    const UINT len = GetSystemWindowsDirectoryW(query->answer, ANSWER_LEN_MAX);
    buffer_clear(&query->device);
    if (len > 0 && len < ANSWER_LEN_MAX && buffer_text(&query->device, "\\SystemRoot"))
        add_volume(query, query->answer);
}

/* Folders that a volume is mounted at; its letters are in the map already. */
static void add_mount_points(struct device_query *query, const wchar_t *volume)
{
    DWORD len = 0;

    if (!GetVolumePathNamesForVolumeNameW(volume, query->answer, ANSWER_LEN_MAX, &len))
        return;
    const wchar_t *name = query->answer;
    while ((DWORD)(name - query->answer) < len && name[0] != L'\0') {
        size_t name_len = wcslen(name);
        if (name_len > MOUNT_POINT_LEN_LETTER)
            add_volume(query, name);
        name += name_len + 1;
    }
}

/* volume  \\?\Volume{GUID}\, as the volume functions give it. */
static void add_local_volume(struct device_query *query, wchar_t *volume)
{
    size_t len = wcslen(volume);
    if (len <= VOLUME_DEVICE_OFFSET || volume[len - 1] != L'\\')
        return;

    /* QueryDosDevice takes the name without \\?\ and without the separator. */
    volume[len - 1] = L'\0';
    bool known = query_dos_device(query, volume + VOLUME_DEVICE_OFFSET) &&
                 set_text(&query->device, query->answer);
    volume[len - 1] = L'\\';
    if (!known)
        return;
    add_mount_points(query, volume);
    add_volume(query, volume);
}

static void add_volumes(struct device_query *query)
{
    wchar_t volume[VOLUME_NAME_CAPACITY];

    /* Lists the volumes of the mount manager, which are local. */
    HANDLE search = FindFirstVolumeW(volume, VOLUME_NAME_CAPACITY);
    if (search == INVALID_HANDLE_VALUE)
        return;
    for (int i = 0; i < VOLUMES_MAX; i++) {
        add_local_volume(query, volume);
        if (!FindNextVolumeW(search, volume, VOLUME_NAME_CAPACITY))
            break;
    }
    FindVolumeClose(search);
}

DWORD device_query_all(struct device_map *map)
{
    struct device_query query = {.map = map};

    query.answer = malloc(ANSWER_LEN_MAX * sizeof *query.answer);
    if (query.answer == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    buffer_init(&query.device, TEXT_SIZE_MAX);
    buffer_init(&query.target, TEXT_SIZE_MAX);
    add_letters(&query);
    add_system_root(&query);
    add_volumes(&query);
    buffer_release(&query.target);
    buffer_release(&query.device);
    free(query.answer);
    return ERROR_SUCCESS;
}
