#include "client/win32/resolve.h"

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
    LINKS_MAX = 1024                      /* of one file; a bound of NTFS */
};

/* What is being resolved. Large, so not on the stack. */
static struct {
    struct buffer full, final, scratch; /* UTF-8 */
    wchar_t path[PATH_CAPACITY], answer[PATH_CAPACITY];
    HANDLE file;
    bool is_folder;
    DWORD links;
} now;

/* The full path, `..` and separators put right, as Win32 does for every file name. */
static DWORD find_full(struct span text)
{
    buffer_clear(&now.full);
    /* A name of the kernel is none to Win32. */
    if (text.size > 8 && span_equal_ascii_nocase((struct span){text.data, 8}, SPAN("\\Device\\")))
        return buffer_append(&now.full, text) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = text_w_from_utf8(now.path, PATH_CAPACITY, text);
    if (error != ERROR_SUCCESS)
        return error;
    DWORD len = GetFullPathNameW(now.path, PATH_CAPACITY, now.answer, NULL);
    if (len == 0)
        return GetLastError();
    return len < PATH_CAPACITY && buffer_utf16(&now.full, now.answer, len)
               ? ERROR_SUCCESS
               : ERROR_FILENAME_EXCED_RANGE;
}

/* A name of the open file; size 0: it has none of this form. flags  VOLUME_NAME_*. */
static struct span find_name(DWORD flags, struct buffer *name)
{
    DWORD len = GetFinalPathNameByHandleW(now.file, now.answer, PATH_CAPACITY, flags);

    buffer_clear(name);
    if (len > 0 && len < PATH_CAPACITY && !buffer_utf16(name, now.answer, len))
        buffer_clear(name);
    return buffer_span(name);
}

/* Opens the path and finds its final name. ERROR_BAD_DEV_TYPE: it is no file or folder. */
static DWORD open_path(struct span text)
{
    BY_HANDLE_FILE_INFORMATION facts;
    DWORD error = find_full(text);

    if (error == ERROR_SUCCESS && !spelling_to_open(buffer_span(&now.full), &now.scratch))
        error = ERROR_BAD_DEV_TYPE;
    if (error == ERROR_SUCCESS)
        error = text_w_from_utf8(now.path, PATH_CAPACITY, buffer_span(&now.scratch));
    if (error == ERROR_SUCCESS)
        error = file_users_open(now.path, 0, &now.file);
    if (error != ERROR_SUCCESS)
        return error;
    if (GetFileType(now.file) != FILE_TYPE_DISK)
        return ERROR_BAD_DEV_TYPE;
    if (!GetFileInformationByHandle(now.file, &facts))
        return GetLastError();
    now.is_folder = (facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    now.links = facts.nNumberOfLinks;
    /* A volume without a letter and a mount point has a name by its GUID only. */
    if (find_name(VOLUME_NAME_DOS, &now.scratch).size == 0 &&
        find_name(VOLUME_NAME_GUID, &now.scratch).size == 0)
        buffer_append(&now.scratch, buffer_span(&now.full));
    spelling_from_final(buffer_span(&now.scratch), &now.final);
    return ERROR_SUCCESS;
}

static bool is_missing(DWORD error)
{
    static const DWORD errors[] = {ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_INVALID_NAME,
                                   ERROR_BAD_PATHNAME,   ERROR_INVALID_DRIVE,  ERROR_BAD_NETPATH,
                                   ERROR_BAD_NET_NAME,   ERROR_DIRECTORY,      ERROR_NOT_READY};

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (error == errors[i])
            return true;
    return false;
}

/* The other hard links. Windows gives their paths without the volume. */
static void add_links(struct asked_list *list)
{
    struct span root = buffer_span(&now.final), tail = find_name(VOLUME_NAME_NONE, &now.scratch);
    DWORD len = PATH_CAPACITY;

    if (tail.size == 0 || tail.size > root.size ||
        !span_equal(span_from(root, root.size - tail.size), tail))
        return;
    root.size -= tail.size;
    HANDLE search = FindFirstFileNameW(now.path, 0, &len, now.answer);
    if (search == INVALID_HANDLE_VALUE)
        return;
    for (int i = 0; i < LINKS_MAX; i++) {
        buffer_clear(&now.scratch);
        if (buffer_append(&now.scratch, root) &&
            buffer_utf16(&now.scratch, now.answer, wcslen(now.answer)))
            asked_keep_other(list, buffer_span(&now.scratch), true);
        len = PATH_CAPACITY;
        if (!FindNextFileNameW(search, &len, now.answer))
            break;
    }
    FindClose(search);
}

static void add_found(struct asked_list *list)
{
    struct span name = buffer_span(&now.final);
    struct asked *item = asked_add(list, now.is_folder ? ASKED_FOLDER : ASKED_FILE, name);
    struct buffer pids;

    asked_add_glob(list, name);
    /* Wine lists a file by the name that it was opened by, and a folder may have two letters. */
    if (system_is_wine())
        asked_keep_other(list, buffer_span(&now.full), false);
    /* The kernel's name is right even where the service does not know that of a letter. */
    if (find_name(VOLUME_NAME_NT, &now.scratch).size > 0)
        asked_keep_other(list, buffer_span(&now.scratch), false);
    /* Wine exports FindFirstFileNameW, and ends a program that calls it. */
    if (!now.is_folder && now.links > 1 && !system_is_wine())
        add_links(list);
    buffer_init(&pids, FILE_USERS_MAX * sizeof(uint32_t));
    item->users_status = file_users_query(now.file, &pids);
    for (size_t i = 0; item->users_status == NTSTATUS_OK && i < pids.size; i += sizeof(uint32_t)) {
        uint32_t pid;
        memcpy(&pid, pids.data + i, sizeof pid);
        if (pid != GetCurrentProcessId()) /* lsmap's current folder may be the one */
            asked_add_user(list, pid);
    }
    buffer_release(&pids);
}

/* What is not there, or cannot be opened, is asked for by its path. */
static void add_unresolved(struct asked_list *list, struct span text, DWORD error)
{
    struct span full = buffer_span(&now.full);

    if (full.size == 0 || error == ERROR_BAD_DEV_TYPE ||
        (is_missing(error) && spelling_is_bare(text))) {
        (void)asked_add(list, ASKED_PATTERN, text);
        asked_add_glob(list, text);
        return;
    }
    const bool is_there = error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION;
    struct asked *item = asked_add(list,
                                   is_missing(error) ? ASKED_MISSING
                                   : is_there        ? ASKED_CLOSED
                                                     : ASKED_UNKNOWN,
                                   full);
    if (item->kind != ASKED_MISSING)
        (void)text_w_error(item->error, sizeof item->error, error);
    asked_add_glob(list, full);
    if (full.data[full.size - 1] == '\\' && buffer_text(&now.full, "*"))
        asked_add_glob(list, buffer_span(&now.full));
}

void resolve_path(struct asked_list *list, struct span text, bool only_name)
{
    DWORD error = ERROR_BAD_DEV_TYPE;

    buffer_init(&now.full, NAME_SIZE_MAX + 16);
    buffer_init(&now.final, NAME_SIZE_MAX + 16);
    buffer_init(&now.scratch, NAME_SIZE_MAX + 16);
    if (!spelling_has_wildcard(text))
        error = open_path(text);
    if (only_name)
        (void)asked_add(list, ASKED_FILE,
                        error == ERROR_SUCCESS ? buffer_span(&now.final)
                        : now.full.size > 0    ? buffer_span(&now.full)
                                               : text);
    else if (error == ERROR_SUCCESS)
        add_found(list);
    else
        add_unresolved(list, text, error);
    list->failed = list->failed || now.full.failed || now.final.failed || now.scratch.failed;
    handle_close(&now.file);
    buffer_release(&now.full);
    buffer_release(&now.final);
    buffer_release(&now.scratch);
}
