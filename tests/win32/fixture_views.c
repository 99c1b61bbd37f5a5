#include "tests/win32/fixture_views.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/text_w.h"

enum {
    DATA_SIZE = 256 * 1024,
    OFFSET = 128 * 1024, /* not 0 and a multiple of the granularity */
    OFFSET_SIZE = 96 * 1024,
    MIXED_SIZE = 64 * 1024,
    PAGEFILE_SIZE = 256 * 1024,
    RESERVE_SIZE = 1024 * 1024,
    PRIVATE_SIZE = 64 * 1024 * 1024,
    SMALL_FILE_SIZE = 100,
    NEIGHBOUR_ATTEMPTS_MAX = 8
};

struct mapping {
    const wchar_t *file; /* NULL: pagefile */
    DWORD section_protect;
    DWORD access;
    DWORD offset;
    SIZE_T size;  /* bytes of the view; 0: all */
    void *wanted; /* NULL: anywhere */
};

static struct fixture_view *add_view(struct fixture *fixture, const char *label, const char *kind)
{
    if (fixture->count >= FIXTURE_VIEWS_MAX)
        abort();
    struct fixture_view *view = &fixture->views[fixture->count++];
    *view = (struct fixture_view){.regions = 1};
    snprintf(view->label, sizeof view->label, "%s", label);
    snprintf(view->kind, sizeof view->kind, "%s", kind);
    return view;
}

/* The DOS path, with links resolved and short names made long. */
static void set_path(struct fixture_view *view, HANDLE file, const wchar_t *asked)
{
    wchar_t path[FIXTURE_PATH_LEN_MAX];
    const wchar_t *shown = path;

    /* Wine does not return paths above MAX_PATH; ours has no links. */
    DWORD len = GetFinalPathNameByHandleW(file, path, FIXTURE_PATH_LEN_MAX, VOLUME_NAME_DOS);
    if (len == 0 || len >= FIXTURE_PATH_LEN_MAX)
        shown = asked;
    if (wcsncmp(shown, L"\\\\?\\", 4) == 0)
        shown += 4;
    if (text_w_to_utf8(view->path, sizeof view->path, shown) != ERROR_SUCCESS)
        view->path[0] = '\0';
}

/* Maps a file and closes file and section: only the view is left. */
static void *map(const struct mapping *mapping, struct fixture_view *view)
{
    HANDLE file = NULL;
    HANDLE section = NULL;
    void *base = NULL;

    if (mapping->file != NULL) {
        DWORD access = GENERIC_READ | GENERIC_EXECUTE;
        if (mapping->section_protect == PAGE_READWRITE)
            access = GENERIC_READ | GENERIC_WRITE;
        file = CreateFileW(mapping->file, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                           OPEN_EXISTING, 0, NULL);
        if (file == INVALID_HANDLE_VALUE)
            return NULL;
        set_path(view, file, mapping->file);
    }
    section = CreateFileMappingW(file != NULL ? file : INVALID_HANDLE_VALUE, NULL,
                                 mapping->section_protect, 0,
                                 file != NULL ? 0 : (DWORD)mapping->size, NULL);
    if (section != NULL)
        base = MapViewOfFileEx(section, mapping->access, 0, mapping->offset,
                               file != NULL ? mapping->size : 0, mapping->wanted);
    handle_close(&section);
    handle_close(&file);
    return base;
}

static void add_mapping(struct fixture *fixture, const char *label, const char *kind,
                        const struct mapping *mapping, uint64_t size, uint32_t protect)
{
    struct fixture_view *view = add_view(fixture, label, kind);
    void *base = map(mapping, view);
    view->base = (uint64_t)(uintptr_t)base;
    view->size = size;
    protect_format(view->protect, protect);
    if (base == NULL)
        view->skipped = "this system could not map it";
}

static uint64_t image_size(const void *base)
{
    const IMAGE_DOS_HEADER *dos = base;
    const IMAGE_NT_HEADERS64 *nt = (const void *)((const char *)base + dos->e_lfanew);
    uint64_t size = nt->OptionalHeader.SizeOfImage;
    return (size + MEMORY_PAGE_SIZE - 1) / MEMORY_PAGE_SIZE * MEMORY_PAGE_SIZE;
}

static void add_data(struct fixture *fixture, const wchar_t *file)
{
    struct mapping mapping = {file, PAGE_READONLY, FILE_MAP_READ, OFFSET, OFFSET_SIZE, NULL};
    add_mapping(fixture, "data-offset", "data", &mapping, OFFSET_SIZE, PAGE_READONLY);

    mapping = (struct mapping){file, PAGE_READONLY, FILE_MAP_READ, 0, 0, NULL};
    add_mapping(fixture, "data-first", "data", &mapping, DATA_SIZE, PAGE_READONLY);
    add_mapping(fixture, "data-second", "data", &mapping, DATA_SIZE, PAGE_READONLY);

    mapping = (struct mapping){file, PAGE_READWRITE, FILE_MAP_WRITE, 0, 0, NULL};
    add_mapping(fixture, "data-write", "data", &mapping, DATA_SIZE, PAGE_READWRITE);
}

/* Two views of one file without a gap between them. */
static void add_neighbours(struct fixture *fixture, const wchar_t *file)
{
    struct mapping mapping = {file, PAGE_READONLY, FILE_MAP_READ, 0, MEMORY_GRANULARITY, NULL};

    for (int attempt = 0; attempt < NEIGHBOUR_ATTEMPTS_MAX; attempt++) {
        char *room = VirtualAlloc(NULL, 2 * MEMORY_GRANULARITY, MEM_RESERVE, PAGE_NOACCESS);
        if (room == NULL)
            break;
        /* Another thread may take the address range first: try again. */
        VirtualFree(room, 0, MEM_RELEASE);
        size_t before = fixture->count;
        mapping.wanted = room;
        add_mapping(fixture, "neighbour-low", "data", &mapping, MEMORY_GRANULARITY, PAGE_READONLY);
        mapping.wanted = room + MEMORY_GRANULARITY;
        add_mapping(fixture, "neighbour-high", "data", &mapping, MEMORY_GRANULARITY, PAGE_READONLY);
        if (fixture->views[before].skipped == NULL && fixture->views[before + 1].skipped == NULL)
            return;
        for (size_t i = before; i < fixture->count; i++) {
            if (fixture->views[i].skipped == NULL)
                UnmapViewOfFile((void *)(uintptr_t)fixture->views[i].base);
        }
        fixture->count = before;
    }
    add_view(fixture, "neighbour-low", "data")->skipped = "no room for two neighbours";
    add_view(fixture, "neighbour-high", "data")->skipped = "no room for two neighbours";
}

/* A copy-on-write view whose pages got different protections: five runs. */
static void add_mixed(struct fixture *fixture, const wchar_t *file)
{
    struct mapping mapping = {file, PAGE_WRITECOPY, FILE_MAP_COPY, 0, MIXED_SIZE, NULL};
    DWORD old;

    add_mapping(fixture, "mixed", "data", &mapping, MIXED_SIZE, PAGE_WRITECOPY);
    struct fixture_view *view = &fixture->views[fixture->count - 1];
    char *base = (char *)(uintptr_t)view->base;
    if (view->skipped != NULL)
        return;
    if (!VirtualProtect(base + 2 * MEMORY_PAGE_SIZE, 2 * MEMORY_PAGE_SIZE, PAGE_READONLY, &old) ||
        !VirtualProtect(base + 5 * MEMORY_PAGE_SIZE, MEMORY_PAGE_SIZE, PAGE_NOACCESS, &old))
        view->regions = 0;
    else
        view->regions = 5;
}

static void add_pagefile(struct fixture *fixture)
{
    struct mapping mapping = {NULL, PAGE_READWRITE, FILE_MAP_WRITE, 0, PAGEFILE_SIZE, NULL};
    add_mapping(fixture, "pagefile", "pagefile", &mapping, PAGEFILE_SIZE, PAGE_READWRITE);

    mapping.section_protect = PAGE_READWRITE | SEC_RESERVE;
    mapping.size = RESERVE_SIZE;
    add_mapping(fixture, "pagefile-reserve", "pagefile", &mapping, RESERVE_SIZE, PAGE_READWRITE);
    struct fixture_view *view = &fixture->views[fixture->count - 1];
    void *base = (void *)(uintptr_t)view->base;
    if (view->skipped == NULL &&
        VirtualAlloc(base, MEMORY_GRANULARITY, MEM_COMMIT, PAGE_READWRITE) != NULL)
        view->regions = 2; /* committed, reserved */
}

static void add_images(struct fixture *fixture, const wchar_t *copy)
{
    struct mapping mapping = {copy, PAGE_READONLY | SEC_IMAGE, FILE_MAP_READ, 0, 0, NULL};
    wchar_t path[FIXTURE_PATH_LEN_MAX];

    add_mapping(fixture, "image-section", "image", &mapping, 0, PAGE_EXECUTE_WRITECOPY);
    struct fixture_view *view = &fixture->views[fixture->count - 1];
    view->regions = 0; /* as many as its sections make */
    if (view->skipped == NULL)
        view->size = image_size((const void *)(uintptr_t)view->base);

    view = add_view(fixture, "image-loader", "image");
    view->regions = 0;
    protect_format(view->protect, PAGE_EXECUTE_WRITECOPY);
    HMODULE module = LoadLibraryW(L"version.dll");
    if (module == NULL) {
        view->skipped = "version.dll could not be loaded";
        return;
    }
    view->base = (uint64_t)(uintptr_t)module;
    view->size = image_size(module);
    if (GetModuleFileNameW(module, path, FIXTURE_PATH_LEN_MAX) > 0 &&
        text_w_to_utf8(view->path, sizeof view->path, path) != ERROR_SUCCESS)
        view->path[0] = '\0';
}

static void add_private(struct fixture *fixture)
{
    struct fixture_view *view = add_view(fixture, "private", "private");
    void *base = VirtualAlloc(NULL, PRIVATE_SIZE, MEM_RESERVE, PAGE_READWRITE);
    view->base = (uint64_t)(uintptr_t)base;
    view->size = PRIVATE_SIZE;
    protect_format(view->protect, PAGE_READWRITE);
    if (base == NULL)
        view->skipped = "no room";
}

/* A file whose name is not ASCII, in three scripts and beyond the first plane. */
static void add_unicode(struct fixture *fixture, const wchar_t *folder)
{
    static const wchar_t name[] = L"donn\x00E9"
                                  L"es-\x6587\x4EF6-\xD83D\xDE00.dat";
    wchar_t path[FIXTURE_PATH_LEN_MAX];
    struct mapping mapping = {path, PAGE_READONLY, FILE_MAP_READ, 0, 0, NULL};

    if (fixture_path_join(path, folder, name) &&
        fixture_file_make(&fixture->files, path, DATA_SIZE) == ERROR_SUCCESS)
        add_mapping(fixture, "unicode", "data", &mapping, DATA_SIZE, PAGE_READONLY);
    else
        add_view(fixture, "unicode", "data")->skipped = "the file system refuses the name";
}

/* A path longer than the 260 units of MAX_PATH. */
static DWORD add_long(struct fixture *fixture, const wchar_t *folder)
{
    wchar_t path[FIXTURE_PATH_LEN_MAX];
    struct mapping mapping = {path, PAGE_READONLY, FILE_MAP_READ, 0, 0, NULL};

    DWORD error = fixture_file_deep(&fixture->files, folder, DATA_SIZE, path);
    if (error == ERROR_SUCCESS)
        add_mapping(fixture, "long-path", "data", &mapping, DATA_SIZE, PAGE_READONLY);
    return error;
}

DWORD fixture_make(struct fixture *fixture, const wchar_t *dir)
{
    static wchar_t root[FIXTURE_PATH_LEN_MAX], data[FIXTURE_PATH_LEN_MAX],
        image[FIXTURE_PATH_LEN_MAX], small[FIXTURE_PATH_LEN_MAX];
    const struct mapping one_page = {small, PAGE_READONLY, FILE_MAP_READ, 0, 0, NULL};

    *fixture = (struct fixture){0};
    DWORD error = fixture_files_root(&fixture->files, dir, root);
    if (error != ERROR_SUCCESS)
        return error;
    if (!fixture_path_join(data, root, L"data.bin") ||
        !fixture_path_join(image, root, L"image.dll") ||
        !fixture_path_join(small, root, L"small.txt"))
        return ERROR_BUFFER_OVERFLOW;
    error = fixture_file_make(&fixture->files, data, DATA_SIZE);
    if (error == ERROR_SUCCESS)
        error = fixture_file_make(&fixture->files, small, SMALL_FILE_SIZE);
    if (error == ERROR_SUCCESS)
        error = fixture_file_copy_self(&fixture->files, image);
    if (error != ERROR_SUCCESS)
        return error;
    add_data(fixture, data);
    add_neighbours(fixture, data);
    add_mixed(fixture, data);
    add_mapping(fixture, "one-page", "data", &one_page, MEMORY_PAGE_SIZE, PAGE_READONLY);
    add_images(fixture, image);
    add_pagefile(fixture);
    add_unicode(fixture, root);
    add_private(fixture);
    return add_long(fixture, root);
}

void fixture_remove(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->count; i++) {
        const struct fixture_view *view = &fixture->views[i];
        /* The loader's image and the private range end with the process. */
        if (view->skipped == NULL && strcmp(view->kind, "private") != 0 &&
            strcmp(view->label, "image-loader") != 0)
            UnmapViewOfFile((void *)(uintptr_t)view->base);
    }
    fixture->count = 0;
    fixture_files_remove(&fixture->files);
}
