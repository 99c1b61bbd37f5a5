#include "client/win32/resolve.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "client/win32/file_users.h"
#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"

enum {
    PATH_CAPACITY = NAME_LENGTH_MAX + 16, /* units: \\?\UNC\ and a terminator */
    PATH_SIZE_MAX = PATH_CAPACITY * 3,
    LINKS_MAX = 1024 /* of one file; a bound of NTFS */
};

/* What the functions below share. */
struct resolver {
    struct asked_list *list;
    struct buffer full, opened, final, scratch; /* UTF-8 */
    HANDLE file;
    bool is_folder;
    DWORD links;
    wchar_t path[PATH_CAPACITY], other[PATH_CAPACITY];
};

static struct resolver *resolver_create(struct asked_list *list)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);

    if (resolver == NULL) {
        list->failed = true;
        return NULL;
    }
    resolver->list = list;
    buffer_init(&resolver->full, PATH_SIZE_MAX);
    buffer_init(&resolver->opened, PATH_SIZE_MAX);
    buffer_init(&resolver->final, PATH_SIZE_MAX);
    buffer_init(&resolver->scratch, PATH_SIZE_MAX);
    return resolver;
}

static void resolver_destroy(struct resolver *resolver)
{
    handle_close(&resolver->file);
    buffer_release(&resolver->full);
    buffer_release(&resolver->opened);
    buffer_release(&resolver->final);
    buffer_release(&resolver->scratch);
    free(resolver);
}

/* The full path, `..` and separators put right; as Win32 does for every file name. */
static DWORD find_full(struct resolver *resolver, struct span text)
{
    buffer_clear(&resolver->full);
    /* A name of the kernel is none to Win32. */
    if (text.size > 8 && span_equal_ascii_nocase((struct span){text.data, 8}, SPAN("\\Device\\")))
        return buffer_append(&resolver->full, text) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = text_w_from_utf8(resolver->path, PATH_CAPACITY, text);
    if (error != ERROR_SUCCESS)
        return error;
    DWORD len = GetFullPathNameW(resolver->path, PATH_CAPACITY, resolver->other, NULL);
    if (len == 0)
        return GetLastError();
    if (len >= PATH_CAPACITY)
        return ERROR_FILENAME_EXCED_RANGE;
    return text_w_append(&resolver->full, resolver->other, len) ? ERROR_SUCCESS
                                                                : ERROR_NOT_ENOUGH_MEMORY;
}

/* One of the names of the open file. flags  VOLUME_NAME_*. name  Cleared first; empty: it has none. */
static void find_name(struct resolver *resolver, DWORD flags, struct buffer *name)
{
    DWORD len = GetFinalPathNameByHandleW(resolver->file, resolver->other, PATH_CAPACITY, flags);

    buffer_clear(name);
    if (len > 0 && len < PATH_CAPACITY && !text_w_append(name, resolver->other, len))
        resolver->list->failed = true;
}

static DWORD open_full(struct resolver *resolver)
{
    BY_HANDLE_FILE_INFORMATION facts;

    buffer_clear(&resolver->opened);
    if (!spelling_to_open(buffer_span(&resolver->full), &resolver->opened))
        return ERROR_BAD_DEV_TYPE;
    DWORD error = text_w_from_utf8(resolver->path, PATH_CAPACITY, buffer_span(&resolver->opened));
    if (error == ERROR_SUCCESS)
        error = file_users_open(resolver->path, &resolver->file);
    if (error != ERROR_SUCCESS)
        return error;
    if (GetFileType(resolver->file) != FILE_TYPE_DISK ||
        !GetFileInformationByHandle(resolver->file, &facts))
        return ERROR_BAD_DEV_TYPE;
    resolver->is_folder = (facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    resolver->links = facts.nNumberOfLinks;
    /* A volume without a letter and a mount point has no DOS name, but one by its GUID. */
    find_name(resolver, VOLUME_NAME_DOS, &resolver->final);
    if (resolver->final.size == 0)
        find_name(resolver, VOLUME_NAME_GUID, &resolver->final);
    if (resolver->final.size == 0 && !buffer_append(&resolver->final, buffer_span(&resolver->full)))
        resolver->list->failed = true;
    return ERROR_SUCCESS;
}

/* True when nothing is there. */
static bool is_missing(DWORD error)
{
    static const DWORD errors[] = {
        ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND,      ERROR_INVALID_NAME, ERROR_BAD_PATHNAME,
        ERROR_INVALID_DRIVE,  ERROR_BAD_NETPATH,         ERROR_BAD_NET_NAME, ERROR_DIRECTORY,
        ERROR_NOT_READY,      ERROR_FILENAME_EXCED_RANGE};

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (error == errors[i])
            return true;
    return false;
}

/* The other hard links. Windows gives their paths without the volume. */
static void add_links(struct resolver *resolver)
{
    struct asked_list *list = resolver->list;
    struct span root = buffer_span(&resolver->final);
    DWORD len = PATH_CAPACITY;

    find_name(resolver, VOLUME_NAME_NONE, &resolver->scratch);
    size_t size = resolver->scratch.size;
    if (size == 0 || size > root.size ||
        !span_equal(span_from(root, root.size - size), buffer_span(&resolver->scratch)))
        return;
    root.size -= size;
    HANDLE search = FindFirstFileNameW(resolver->path, 0, &len, resolver->other);
    if (search == INVALID_HANDLE_VALUE)
        return;
    for (int i = 0; i < LINKS_MAX; i++) {
        buffer_clear(&resolver->full);
        buffer_append(&resolver->full, root);
        if (text_w_append(&resolver->full, resolver->other, wcslen(resolver->other)))
            asked_add_glob(list,
                           spelling_from_final(buffer_span(&resolver->full), &resolver->scratch));
        len = PATH_CAPACITY;
        if (!FindNextFileNameW(search, &len, resolver->other))
            break;
    }
    FindClose(search);
}

static void add_users(struct resolver *resolver, struct asked *item)
{
    struct buffer pids;

    buffer_init(&pids, FILE_USERS_MAX * sizeof(uint32_t));
    item->users_status = file_users_query(resolver->file, &pids);
    for (size_t i = 0; item->users_status == NTSTATUS_OK && i < pids.size; i += sizeof(uint32_t)) {
        uint32_t pid;
        memcpy(&pid, pids.data + i, sizeof pid);
        asked_add_user(resolver->list, pid);
    }
    buffer_release(&pids);
}

static void add_found(struct resolver *resolver)
{
    struct asked_list *list = resolver->list;
    struct span name = spelling_from_final(buffer_span(&resolver->final), &resolver->scratch);
    struct asked *item = asked_add(list, resolver->is_folder ? ASKED_FOLDER : ASKED_FILE, name);

    asked_add_glob(list, name);
    /* Wine lists a file by the name that it was opened by, and a folder may have two letters. */
    if (system_is_wine())
        asked_add_glob(list, buffer_span(&resolver->full));
    /* The kernel's name is right even where the service does not know that of a letter. */
    find_name(resolver, VOLUME_NAME_NT, &resolver->scratch);
    if (resolver->scratch.size > 0)
        asked_add_glob(list, buffer_span(&resolver->scratch));
    /* Wine exports FindFirstFileNameW, and ends a program that calls it. */
    if (!resolver->is_folder && resolver->links > 1 && !system_is_wine())
        add_links(resolver);
    add_users(resolver, item);
}

/* What is not there, or cannot be opened, is asked for by its path. */
static void add_unresolved(struct resolver *resolver, struct span text, DWORD error)
{
    struct asked_list *list = resolver->list;
    struct span full = buffer_span(&resolver->full);
    bool is_folder = full.size > 0 && full.data[full.size - 1] == '\\';

    if (full.size == 0 || error == ERROR_BAD_DEV_TYPE ||
        (is_missing(error) && spelling_is_bare(text))) {
        (void)asked_add(list, ASKED_PATTERN, text);
        asked_add_glob(list, text);
        return;
    }
    struct asked *item = asked_add(list, is_missing(error) ? ASKED_MISSING : ASKED_CLOSED, full);
    (void)text_w_error(item->error, sizeof item->error, error);
    asked_add_glob(list, full);
    buffer_clear(&resolver->scratch);
    buffer_append(&resolver->scratch, full);
    if (is_folder && buffer_append(&resolver->scratch, SPAN("*")))
        asked_add_glob(list, buffer_span(&resolver->scratch));
}

/* A pattern; a relative folder at its beginning is resolved. */
static void add_pattern(struct resolver *resolver, struct span text)
{
    struct span folder = spelling_relative_folder(text);

    buffer_clear(&resolver->scratch);
    if (folder.size > 0 && find_full(resolver, folder) == ERROR_SUCCESS &&
        open_full(resolver) == ERROR_SUCCESS) {
        text = span_from(text, folder.size);
        folder = spelling_from_final(buffer_span(&resolver->final), &resolver->scratch);
        if (folder.size > 0 && folder.data[folder.size - 1] != '\\')
            buffer_append(&resolver->scratch, SPAN("\\"));
    }
    buffer_append(&resolver->scratch, text);
    (void)asked_add(resolver->list, ASKED_PATTERN, buffer_span(&resolver->scratch));
    asked_add_glob(resolver->list, buffer_span(&resolver->scratch));
}

void resolve_path(struct asked_list *list, struct span text)
{
    struct resolver *resolver = resolver_create(list);

    if (resolver == NULL)
        return;
    if (spelling_has_wildcard(text)) {
        add_pattern(resolver, text);
    } else {
        DWORD error = find_full(resolver, text);
        if (error == ERROR_SUCCESS)
            error = open_full(resolver);
        if (error == ERROR_SUCCESS)
            add_found(resolver);
        else
            add_unresolved(resolver, text, error);
    }
    resolver_destroy(resolver);
}

void resolve_name(struct asked_list *list, struct span text)
{
    struct resolver *resolver = resolver_create(list);

    if (resolver == NULL)
        return;
    DWORD error = find_full(resolver, text);
    if (error == ERROR_SUCCESS && open_full(resolver) == ERROR_SUCCESS)
        text = spelling_from_final(buffer_span(&resolver->final), &resolver->scratch);
    else if (error == ERROR_SUCCESS)
        text = buffer_span(&resolver->full);
    (void)asked_add(list, ASKED_FILE, text);
    resolver_destroy(resolver);
}
