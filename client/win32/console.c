#include "client/win32/console.h"

#include <string.h>

#include "client/outcome.h"
#include "client/win32/out_file.h"
#include "common/text/utf.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"

enum {
    CONSOLE_LEN_MAX = 8 * 1024, /* older consoles fail above */
    WRITE_SIZE_MAX = 1024 * 1024,
    SPOOL_MEMORY_MAX = 16 * 1024 * 1024 /* what is more waits in a file */
};

static struct out_file out_file; /* of --out */

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

    if (handle == NULL || !GetConsoleScreenBufferInfo(handle, &info))
        return 0;
    return info.srWindow.Right >= info.srWindow.Left
               ? (size_t)(info.srWindow.Right - info.srWindow.Left) + 1
               : 0;
}

/* A piece of at most CONSOLE_LEN_MAX bytes, so of no more units. */
static DWORD write_console(HANDLE handle, struct span piece)
{
    uint16_t units[CONSOLE_LEN_MAX];
    DWORD len = (DWORD)utf16_from_utf8(units, CONSOLE_LEN_MAX, piece), written = 0;

    for (DWORD done = 0; done < len; done += written) {
        if (!WriteConsoleW(handle, units + done, len - done, &written, NULL))
            return GetLastError();
        if (written == 0)
            return ERROR_WRITE_FAULT;
    }
    return ERROR_SUCCESS;
}

static DWORD write_all(HANDLE handle, bool is_console, struct span bytes)
{
    while (bytes.size > 0) { /* each turn writes at least a byte, or ends */
        DWORD size = (DWORD)utf8_cut(bytes, is_console ? CONSOLE_LEN_MAX : WRITE_SIZE_MAX);
        DWORD written = size, error = ERROR_SUCCESS;
        if (is_console)
            error = write_console(handle, (struct span){bytes.data, size});
        else if (!WriteFile(handle, bytes.data, size, &written, NULL))
            error = GetLastError();
        if (error != ERROR_SUCCESS || written == 0)
            return error != ERROR_SUCCESS ? error : ERROR_WRITE_FAULT;
        bytes = span_from(bytes, written);
    }
    return ERROR_SUCCESS;
}

/* Before anything else is written to a console. */
static void clear_progress(struct console *console)
{
    char text[PROGRESS_CAPACITY];
    struct span blank = progress_clear(&console->progress, text);

    if (blank.size > 0)
        (void)write_all(console->error, true, blank); /* the progress could be written before */
}

/* --- the spool and its file --- */

/* In the user's folder of temporary files, gone when its handle is closed. */
static DWORD create_spool_file(HANDLE *file)
{
    wchar_t prefix[MAX_PATH + 8], path[MAX_PATH + 32];
    const DWORD len = GetTempPathW(MAX_PATH + 1, prefix);

    if (len == 0 || len > MAX_PATH)
        return len == 0 ? GetLastError() : ERROR_FILENAME_EXCED_RANGE;
    memcpy(prefix + len, L"lsmap", sizeof L"lsmap");
    return out_file_create(file, path, sizeof path / sizeof path[0], prefix,
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
    const size_t in_file = spool_take(&console->spool, piece);

    if (in_file > 0)
        error = buffer_reserve(piece, in_file)
                    ? seek(console->spool_file, console->spool.file_begin)
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
    spool_took(&console->spool, in_file);
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
            spool_wrote(&console->spool, bytes.size);
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
    char text[PROGRESS_CAPACITY];
    struct span line = progress_draw(&console->progress, system_now_ms(), processes, text);

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
    spool_init(&console->spool, SPOOL_MEMORY_MAX);
    progress_init(&console->progress, system_now_ms());
    if (console_width(console->error) > 0)
        console->output.progress = show_progress;
    (void)SetConsoleCtrlHandler(on_interrupt, TRUE);
}

DWORD console_to_file(struct console *console, const char *path)
{
    DWORD error = out_file_open(&out_file, path);

    if (error == ERROR_SUCCESS)
        console->width = 0;
    return error;
}

DWORD console_end_file(struct console *console, bool is_kept)
{
    DWORD error = is_kept ? console->write_error : ERROR_SUCCESS;

    if (error == ERROR_SUCCESS && is_kept)
        error = out_file_commit(&out_file);
    handle_close(&out_file.file);
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
