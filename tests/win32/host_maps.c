#include "tests/win32/host_maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/text_w.h"
#include "common/win32/win.h"
#include "tests/win32/fixture_files.h"

enum { TEXT_SIZE_MAX = 4 * 1024 * 1024, BLOCK_SIZE = 16 * 1024, HOST_PATH_CAPACITY = 4096 };

/* Wine reaches every host file below this prefix, whatever drives are set up. */
static const char host_prefix[] = "\\\\?\\unix";

/* Reads a host file completely; those of /proc have no size. Terminated, for free(). */
static char *read_host_file(const char *host_path, size_t size_max, size_t *size)
{
    char path[HOST_PATH_CAPACITY];
    wchar_t path_w[HOST_PATH_CAPACITY];
    struct buffer content;
    DWORD count = 0;

    int path_size = snprintf(path, sizeof path, "%s%s", host_prefix, host_path);
    if (path_size < 0 || (size_t)path_size >= sizeof path)
        return NULL;
    for (char *c = path; *c != '\0'; c++)
        *c = *c == '/' ? '\\' : *c;
    if (text_w_from_utf8(path_w, HOST_PATH_CAPACITY, span_from_string(path)) != ERROR_SUCCESS)
        return NULL;
    HANDLE file = CreateFileW(path_w, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    buffer_init(&content, size_max + BLOCK_SIZE);
    while (content.size < size_max && buffer_reserve(&content, BLOCK_SIZE) &&
           ReadFile(file, content.data + content.size, BLOCK_SIZE - 1, &count, NULL) && count > 0)
        content.size += count;
    CloseHandle(file);
    *size = content.size;
    if (content.data != NULL)
        content.data[content.size] = '\0';
    return content.data;
}

/* A command line is a sequence of terminated words. */
static bool has_word(const char *text, size_t size, const char *word)
{
    size_t word_size = strlen(word);
    for (size_t i = 0; i + word_size <= size; i++) {
        if (memcmp(text + i, word, word_size) == 0)
            return true;
    }
    return false;
}

static bool process_has_word(unsigned long pid, const char *word)
{
    char path[64];
    size_t size = 0;

    snprintf(path, sizeof path, "/proc/%lu/cmdline", pid);
    char *text = read_host_file(path, BLOCK_SIZE, &size);
    bool found = text != NULL && has_word(text, size, word);
    free(text);
    return found;
}

unsigned long host_process_find(const char *word)
{
    WIN32_FIND_DATAW entry;
    unsigned long found = 0;

    HANDLE search = FindFirstFileW(L"\\\\?\\unix\\proc\\*", &entry);
    if (search == INVALID_HANDLE_VALUE)
        return 0;
    do {
        wchar_t *end = NULL;
        unsigned long pid = wcstoul(entry.cFileName, &end, 10);
        if (pid > 0 && *end == L'\0' && process_has_word(pid, word))
            found = pid;
    } while (found == 0 && FindNextFileW(search, &entry));
    FindClose(search);
    return found;
}

char host_process_state(const char *word)
{
    char path[64];
    size_t size = 0;

    (void)snprintf(path, sizeof path, "/proc/%lu/stat", host_process_find(word));
    char *text = read_host_file(path, BLOCK_SIZE, &size);
    const char *state = text != NULL ? strrchr(text, ')') : NULL; /* it ends the name */
    const char result = state != NULL && size > (size_t)(state - text) + 2 ? state[2] : '?';
    free(text);
    return result;
}

/* The number after `name`, in KiB. */
static uint64_t field_size(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    return found != NULL ? strtoull(found + strlen(name), NULL, 10) * 1024 : 0;
}

uint64_t host_private_size(unsigned long pid)
{
    char path[64];
    size_t size = 0;

    snprintf(path, sizeof path, "/proc/%lu/smaps_rollup", pid);
    char *text = read_host_file(path, BLOCK_SIZE, &size);
    uint64_t sum = 0;
    if (text != NULL)
        sum = field_size(text, "\nAnonymous:") + field_size(text, "\nSwap:");
    free(text);
    return sum;
}

static char *skip_field(char *at)
{
    at += strspn(at, " ");
    return at + strcspn(at, " ");
}

/* base-end permissions offset device inode path; false for a line without a path. */
static bool parse_line(char *line, struct host_map *map)
{
    char *at = line;

    map->base = strtoull(at, &at, 16);
    map->size = strtoull(at + 1, &at, 16) - map->base;
    at = skip_field(at);
    map->offset = strtoull(at, &at, 16);
    at = skip_field(at);
    map->inode = strtoull(at, &at, 10);
    at += strspn(at, " ");
    map->path = span_from_string(at);
    return map->path.size > 0;
}

static void add(struct host_maps *maps, const struct host_map *map)
{
    struct host_map *last = maps->count > 0 ? &maps->maps[maps->count - 1] : NULL;

    if (last != NULL && last->base + last->size == map->base &&
        last->offset + last->size == map->offset && span_equal(last->path, map->path))
        last->size += map->size;
    else if (maps->count < HOST_MAPS_MAX)
        maps->maps[maps->count++] = *map;
}

bool host_maps_read(struct host_maps *maps, const char *word)
{
    char path[64];
    size_t size = 0;

    *maps = (struct host_maps){0};
    unsigned long pid = host_process_find(word);
    if (pid == 0)
        return false;
    snprintf(path, sizeof path, "/proc/%lu/maps", pid);
    maps->text = read_host_file(path, TEXT_SIZE_MAX, &size);
    maps->maps = calloc(HOST_MAPS_MAX, sizeof *maps->maps);
    if (maps->text == NULL || maps->maps == NULL || size == 0) {
        host_maps_release(maps);
        return false;
    }
    char *line = maps->text;
    while (*line != '\0') {
        struct host_map map;
        char *end = strchr(line, '\n');
        if (end == NULL)
            break;
        *end = '\0';
        if (parse_line(line, &map))
            add(maps, &map);
        line = end + 1;
    }
    return true;
}

void host_maps_release(struct host_maps *maps)
{
    free(maps->maps);
    free(maps->text);
    *maps = (struct host_maps){0};
}

const struct host_map *host_maps_find(const struct host_maps *maps, uint64_t base)
{
    for (size_t i = 0; i < maps->count; i++) {
        if (maps->maps[i].base == base)
            return &maps->maps[i];
    }
    return NULL;
}

uint64_t host_inode_from_dos(struct span dos_path)
{
    wchar_t path[FIXTURE_PATH_LEN_MAX];
    BY_HANDLE_FILE_INFORMATION information;
    char unlimited[HOST_PATH_CAPACITY];

    int size = snprintf(unlimited, sizeof unlimited, "\\\\?\\%.*s", (int)dos_path.size,
                        dos_path.size > 0 ? dos_path.data : "");
    if (size < 0 || (size_t)size >= sizeof unlimited ||
        text_w_from_utf8(path, FIXTURE_PATH_LEN_MAX, span_from_string(unlimited)) != ERROR_SUCCESS)
        return 0;
    HANDLE file = CreateFileW(path, FILE_READ_ATTRIBUTES,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return 0;
    /* Wine's file index is the inode. */
    bool known = GetFileInformationByHandle(file, &information) != FALSE;
    CloseHandle(file);
    return known ? (uint64_t)information.nFileIndexHigh << 32 | information.nFileIndexLow : 0;
}

bool host_file_is_elf(struct span host_path)
{
    static const char magic[] = {0x7f, 'E', 'L', 'F'};
    char path[HOST_PATH_CAPACITY];
    size_t size = 0;

    if (host_path.size >= sizeof path)
        return false;
    memcpy(path, host_path.data, host_path.size);
    path[host_path.size] = '\0';
    char *content = read_host_file(path, sizeof magic, &size);
    bool is_elf =
        content != NULL && size >= sizeof magic && memcmp(content, magic, sizeof magic) == 0;
    free(content);
    return is_elf;
}
