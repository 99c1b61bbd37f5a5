#include "client/win32/console.h"

#include <string.h>
#include <wchar.h>

#include "common/text/utf.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"

enum {
    CONSOLE_LEN_MAX = 8 * 1024, /* older consoles fail above */
    WRITE_SIZE_MAX = 1024 * 1024,
    SPOOL_MEMORY_MAX = 16 * 1024 * 1024, /* what is more waits in a file */
    PATH_LEN_MAX = 32767,                /* of a path on Windows */
    SUFFIX_LEN = 13,                     /* ".XXXXXXXX.tmp" */
    CREATE_ATTEMPTS_MAX = 8,             /* names that exist already */
    RETRY_PAUSE_MS = 50
};

/* The file of --out. The bytes go to a new file in the same folder, which is renamed when all of them are
 * written. Until then it is marked for deletion (FILE_DISPOSITION_INFO: deleted when its last handle is
 * closed), so that none is left, however the process ends. */
static struct {
    HANDLE file; /* NULL: not open */
    bool is_nul; /* the device that takes and forgets everything */
    wchar_t path[PATH_LEN_MAX + 1];
    wchar_t temporary[PATH_LEN_MAX + 1];
} out_file;

static BOOL WINAPI on_interrupt(DWORD event)
{
    (void)event; /* each of them ends the process */
    ExitProcess(OUTCOME_INTERRUPTED);
}

static HANDLE standard_handle(DWORD which)
{
    HANDLE handle = GetStdHandle(which);

    return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

/* 0 when the handle is not a console. */
static size_t console_width(HANDLE handle)
{
    CONSOLE_SCREEN_BUFFER_INFO info;

    return GetConsoleScreenBufferInfo(handle, &info)
               ? (size_t)(info.srWindow.Right - info.srWindow.Left + 1)
               : 0;
}

/* A console takes all of a piece: at most CONSOLE_LEN_MAX bytes, so no more units. */
static DWORD write_all(HANDLE handle, bool is_console, struct span bytes)
{
    uint16_t units[CONSOLE_LEN_MAX];

    while (bytes.size > 0) { /* each turn writes at least a byte, or ends */
        const struct span piece = {bytes.data,
                                   utf8_cut(bytes, is_console ? CONSOLE_LEN_MAX : WRITE_SIZE_MAX)};
        const DWORD len =
            is_console ? (DWORD)utf16_from_utf8(units, CONSOLE_LEN_MAX, piece) : (DWORD)piece.size;
        DWORD written = 0;
        if (!(is_console ? WriteConsoleW(handle, units, len, &written, NULL)
                         : WriteFile(handle, piece.data, len, &written, NULL)))
            return GetLastError();
        if (written == 0 || (is_console && written != len))
            return ERROR_WRITE_FAULT;
        bytes = span_from(bytes, is_console ? piece.size : written);
    }
    return ERROR_SUCCESS;
}

/* Before anything else is written to a console. */
static void clear_progress(struct console *console)
{
    const struct span blank = progress_clear(&console->progress);

    if (blank.size > 0)
        (void)write_all(console->error, true, blank); /* the progress could be written before */
}

/* --- the spool and its file --- */

/* Creates PREFIX.XXXXXXXX.tmp, a name that nothing has yet: nobody can have put a link there. */
static DWORD create_temporary(HANDLE *file, wchar_t *path, size_t capacity, const wchar_t *prefix,
                              DWORD access, DWORD sharing, DWORD flags)
{
    DWORD error = ERROR_FILE_EXISTS;

    for (int attempt = 0; attempt < CREATE_ATTEMPTS_MAX && error == ERROR_FILE_EXISTS; attempt++) {
        uint32_t random = 0;
        error = system_random(&random, sizeof random);
        if (error != ERROR_SUCCESS)
            return error;
        (void)swprintf(path, capacity, L"%ls.%08x.tmp", prefix, (unsigned)random);
        error = handle_open_file(file, path, access, sharing, CREATE_NEW, flags);
    }
    return error;
}

/* In the user's folder of temporary files, gone when its handle is closed. */
static DWORD create_spool_file(HANDLE *file)
{
    wchar_t prefix[MAX_PATH + 8], path[MAX_PATH + 32];
    const DWORD len = GetTempPathW(MAX_PATH + 1, prefix);

    if (len == 0 || len > MAX_PATH)
        return len == 0 ? GetLastError() : ERROR_FILENAME_EXCED_RANGE;
    memcpy(prefix + len, L"lsmap", sizeof L"lsmap");
    return create_temporary(file, path, sizeof path / sizeof path[0], prefix,
                            GENERIC_READ | GENERIC_WRITE, FILE_SHARE_DELETE,
                            FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE);
}

static DWORD seek(HANDLE file, uint64_t offset)
{
    const LARGE_INTEGER place = {.QuadPart = (LONGLONG)offset};

    return SetFilePointerEx(file, place, NULL, FILE_BEGIN) ? ERROR_SUCCESS : GetLastError();
}

/* Under the lock. */
static DWORD write_spool_file(struct console *console, struct span bytes)
{
    DWORD error =
        console->spool_file == NULL ? create_spool_file(&console->spool_file) : ERROR_SUCCESS;

    if (error == ERROR_SUCCESS)
        error = seek(console->spool_file, console->spool.file_end);
    return error == ERROR_SUCCESS ? write_all(console->spool_file, false, bytes) : error;
}

/* Takes the next bytes out of the spool. Under the lock. */
static DWORD take(struct console *console, struct buffer *piece)
{
    DWORD error = ERROR_SUCCESS;
    uint64_t offset;
    const size_t in_file = spool_take(&console->spool, piece, &offset);

    if (in_file > 0)
        error = buffer_reserve(piece, in_file) ? seek(console->spool_file, offset)
                                               : ERROR_NOT_ENOUGH_MEMORY;
    for (size_t left = in_file; left > 0 && error == ERROR_SUCCESS;) {
        DWORD size = 0;
        if (!ReadFile(console->spool_file, piece->data + piece->size, (DWORD)left, &size, NULL))
            error = GetLastError();
        else if (size == 0)
            error = ERROR_HANDLE_EOF;
        piece->size += size;
        left -= size;
    }
    return error;
}

/* The thread. After a failure it takes what comes and drops it, so that nobody waits for room. */
static DWORD WINAPI write_spooled(void *context)
{
    struct console *console = context;
    const bool is_console = console->width > 0;
    struct buffer piece;

    buffer_init(&piece, SPOOL_MEMORY_MAX);
    AcquireSRWLockExclusive(&console->lock);
    while (console->out != NULL) { /* as long as the process runs */
        DWORD error = take(console, &piece);
        console->is_writing = piece.size > 0;
        WakeAllConditionVariable(&console->changed);
        if (console->is_writing && console->write_error == ERROR_SUCCESS) {
            ReleaseSRWLockExclusive(&console->lock);
            error = write_all(console->out, is_console, buffer_span(&piece));
            AcquireSRWLockExclusive(&console->lock);
        }
        if (console->write_error == ERROR_SUCCESS)
            console->write_error = error;
        buffer_clear(&piece);
        if (!console->is_writing && spool_is_empty(&console->spool))
            (void)SleepConditionVariableSRW(&console->changed, &console->lock, INFINITE, 0);
        console->is_writing = false;
    }
    return 0;
}

/* Hands bytes to the thread. Waits for it only when they fit neither into memory nor on the disk. */
static DWORD spool_result(struct console *console, struct span bytes)
{
    AcquireSRWLockExclusive(&console->lock);
    while (console->write_error == ERROR_SUCCESS && !spool_put(&console->spool, bytes)) {
        if (write_spool_file(console, bytes) == ERROR_SUCCESS) {
            console->spool.file_end += bytes.size;
            break;
        }
        (void)SleepConditionVariableSRW(&console->changed, &console->lock, INFINITE, 0);
    }
    DWORD error = console->write_error;
    WakeAllConditionVariable(&console->changed);
    ReleaseSRWLockExclusive(&console->lock);
    return error;
}

/* Waits until everything is written. */
static void drain(struct console *console)
{
    AcquireSRWLockExclusive(&console->lock);
    while (console->writer != NULL && (console->is_writing || !spool_is_empty(&console->spool)))
        (void)SleepConditionVariableSRW(&console->changed, &console->lock, INFINITE, 0);
    ReleaseSRWLockExclusive(&console->lock);
}

static bool write_result(void *context, struct span bytes)
{
    struct console *console = context;
    DWORD error = ERROR_INVALID_HANDLE;

    if (out_file.file != NULL) {
        error = write_all(out_file.file, false, bytes);
    } else if (console->out != NULL) {
        clear_progress(console);
        if (console->width > 0)
            console->output.progress = NULL; /* the rows show the progress */
        if (console->writer == NULL)
            console->writer = CreateThread(NULL, 0, write_spooled, console, 0, NULL);
        error = console->writer != NULL ? spool_result(console, bytes)
                                        : write_all(console->out, console->width > 0, bytes);
    }
    if (error != ERROR_SUCCESS && console->write_error == ERROR_SUCCESS)
        console->write_error = error;
    return error == ERROR_SUCCESS;
}

static void write_diagnostic(void *context, struct span line)
{
    struct console *console = context;

    /* A failure of stderr cannot be reported. */
    if (console->error == NULL)
        return;
    drain(console); /* the results come first */
    clear_progress(console);
    (void)write_all(console->error, console_width(console->error) > 0, line);
}

static void show_progress(void *context, uint64_t processes)
{
    struct console *console = context;
    const struct span line = progress_draw(&console->progress, system_now_ms(), processes);

    if (line.size > 0)
        (void)write_all(console->error, true, line); /* no harm if it fails */
}

void console_open(struct console *console)
{
    *console = (struct console){.out = standard_handle(STD_OUTPUT_HANDLE),
                                .error = standard_handle(STD_ERROR_HANDLE)};
    console->width = console_width(console->out);
    console->output =
        (struct output){.context = console, .write = write_result, .complain = write_diagnostic};
    buffer_init(&console->spool.memory, SPOOL_MEMORY_MAX);
    console->progress.due_ms = system_now_ms() + PROGRESS_QUIET_MS;
    if (console_width(console->error) > 0)
        console->output.progress = show_progress;
    (void)SetConsoleCtrlHandler(on_interrupt, TRUE);
}

/* --- the file of --out --- */

/* The full path, so that it stays right when the current folder changes. */
static DWORD set_path(const char *path)
{
    enum { LEN_MAX = (int)PATH_LEN_MAX - SUFFIX_LEN };
    wchar_t *given = out_file.temporary; /* not needed yet */

    DWORD error = text_w_from_utf8(given, LEN_MAX + 1, span_from_string(path));
    if (error == ERROR_BUFFER_OVERFLOW)
        error = ERROR_FILENAME_EXCED_RANGE;
    if (error != ERROR_SUCCESS)
        return error;
    DWORD len = GetFullPathNameW(given, LEN_MAX + 1, out_file.path, NULL);
    if (len == 0)
        return GetLastError();
    return len <= LEN_MAX ? ERROR_SUCCESS : ERROR_FILENAME_EXCED_RANGE;
}

/* The same before and after the rename, which Windows refuses for a file marked for deletion. A file
 * system that cannot do it leaves the file when the process is ended. */
static void mark_for_deletion(bool is_marked)
{
    FILE_DISPOSITION_INFO info = {.DeleteFile = is_marked};

    (void)SetFileInformationByHandle(out_file.file, FileDispositionInfo, &info, sizeof info);
}

/* Finds out early what would refuse the name at the end. */
static DWORD check_target(void)
{
    DWORD attributes = GetFileAttributesW(out_file.path);

    if (GetFileType(out_file.file) != FILE_TYPE_DISK)
        return ERROR_BAD_FILE_TYPE; /* on older systems NUL with any extension is a device */
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return ERROR_SUCCESS;
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return ERROR_ACCESS_DENIED;
    return (attributes & FILE_ATTRIBUTE_READONLY) != 0 ? ERROR_FILE_READ_ONLY : ERROR_SUCCESS;
}

/* A file that is open cannot be opened without sharing it. */
static bool is_open(const wchar_t *path)
{
    HANDLE file = NULL;
    const DWORD error = handle_open_file(&file, path, GENERIC_READ, 0, OPEN_EXISTING, 0);

    handle_close(&file);
    return error == ERROR_SHARING_VIOLATION;
}

/* Windows refuses to replace a file that is open, with one of two errors. */
static DWORD rename_file(void)
{
    const uint64_t deadline_ms = system_now_ms() + CONSOLE_RETRY_MS;

    for (;;) { /* ends at the deadline at the latest */
        mark_for_deletion(false);
        if (MoveFileExW(out_file.temporary, out_file.path,
                        MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
            return ERROR_SUCCESS;
        DWORD error = GetLastError();
        mark_for_deletion(true);
        if (error != ERROR_SHARING_VIOLATION && error != ERROR_ACCESS_DENIED)
            return error;
        if (system_now_ms() >= deadline_ms)
            return is_open(out_file.path) ? ERROR_SHARING_VIOLATION : error;
        Sleep(RETRY_PAUSE_MS);
    }
}

DWORD console_to_file(struct console *console, const char *path)
{
    out_file.is_nul = span_equal_ascii_nocase(span_from_string(path), SPAN("nul"));
    DWORD error = out_file.is_nul
                      ? handle_open_file(&out_file.file, L"NUL", GENERIC_WRITE,
                                         FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0)
                      : set_path(path);
    if (error == ERROR_SUCCESS && !out_file.is_nul) {
        /* Its name shows what the file belongs to. FILE_SHARE_DELETE: it is renamed while it is open. */
        error = create_temporary(&out_file.file, out_file.temporary, PATH_LEN_MAX + 1,
                                 out_file.path, GENERIC_WRITE | DELETE,
                                 FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_ATTRIBUTE_NORMAL);
        if (error == ERROR_SUCCESS) {
            mark_for_deletion(true);
            error = check_target();
        }
    }
    if (error == ERROR_SUCCESS)
        console->width = 0;
    else
        handle_close(&out_file.file);
    return error;
}

DWORD console_end_file(struct console *console, bool is_kept)
{
    DWORD error = is_kept ? console->write_error : ERROR_SUCCESS;

    if (error == ERROR_SUCCESS && is_kept && !out_file.is_nul) {
        /* Otherwise a power failure may leave an empty file with this name. */
        error = FlushFileBuffers(out_file.file) ? rename_file() : GetLastError();
    }
    handle_close(&out_file.file);         /* which deletes a file without its name */
    console->write_error = ERROR_SUCCESS; /* it concerned the file */
    return error;
}

bool console_failed(struct console *console)
{
    clear_progress(console);
    drain(console);
    return console->write_error != ERROR_SUCCESS && console->write_error != ERROR_NO_DATA &&
           console->write_error != ERROR_BROKEN_PIPE &&
           console->write_error != ERROR_PIPE_NOT_CONNECTED;
}
