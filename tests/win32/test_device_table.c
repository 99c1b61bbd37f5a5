#include "tests/test.h"

#include <stdlib.h>
#include <wchar.h>

#include "common/base/bounds.h"
#include "common/scan/device_map.h"
#include "common/text/fold.h"
#include "common/win32/device_query.h"
#include "common/win32/handle.h"
#include "common/win32/system_lists.h"
#include "common/win32/text_w.h"

enum { SCRATCH_SIZE = 64 * 1024, TARGET_LEN_MAX = 4096, THREADS = 4, READS = 300 };

static struct system_lists *table;
static volatile LONG refreshes; /* queries for devices that have ended */

static DWORD counted_query(struct device_map *map)
{
    const DWORD error = device_query_all(map);

    InterlockedIncrement(&refreshes);
    return error;
}

static DWORD no_services(struct services *services)
{
    (void)services;
    return ERROR_SUCCESS;
}

/* Waits until more queries have ended, and the last one's answer is in the table. */
static void wait_for_refresh(LONG before)
{
    for (int i = 0; i < 200 && refreshes == before; i++)
        Sleep(20);
    Sleep(250);
}

/* The device and the letter of the system drive; "" when unknown. */
static void find_system_drive(char *device, size_t capacity, char *letter)
{
    wchar_t folder[MAX_PATH + 1];
    wchar_t target[TARGET_LEN_MAX];

    device[0] = '\0';
    if (GetWindowsDirectoryW(folder, MAX_PATH + 1) == 0)
        return;
    *letter = (char)folder[0];
    folder[2] = L'\0';
    if (QueryDosDeviceW(folder, target, TARGET_LEN_MAX) == 0 ||
        text_w_to_utf8(device, capacity, target) != ERROR_SUCCESS)
        device[0] = '\0';
}

static bool rewrite_is(const char *device_path, const char *expected)
{
    struct buffer path;
    buffer_init(&path, SCRATCH_SIZE);
    bool known = system_lists_path(table, span_from_string(device_path), &path);
    bool same = expected != NULL
                    ? known && fold_equal(span_from_string(expected), buffer_span(&path))
                    : !known && path.size == 0;
    buffer_release(&path);
    return same;
}

static void system_drive_gets_its_letter(struct test *t)
{
    char device[TARGET_LEN_MAX];
    char path[TARGET_LEN_MAX + 64];
    char expected[64];
    char letter = 'C';

    find_system_drive(device, sizeof device, &letter);
    REQUIRE(t, device[0] != '\0');
    snprintf(path, sizeof path, "%s\\windows\\system32\\ntdll.dll", device);
    snprintf(expected, sizeof expected, "%c:\\windows\\system32\\ntdll.dll", letter);
    CHECK(t, rewrite_is(path, expected));
    snprintf(path, sizeof path, "%s999\\a.dll", device);
    CHECK(t, rewrite_is(path, NULL));
}

static void forms_without_a_device(struct test *t)
{
    CHECK(t, rewrite_is("\\??\\C:\\a.dll", "C:\\a.dll"));
    CHECK(t, rewrite_is("C:\\a.dll", "C:\\a.dll"));
    CHECK(t, rewrite_is("\\Device\\Mup\\server\\share\\a.dll", "\\\\server\\share\\a.dll"));
    CHECK(t, rewrite_is("", NULL));
    CHECK(t, rewrite_is("C:", NULL));
    CHECK(t, rewrite_is("\\Device\\NoSuchDevice\\a.dll", NULL));
}

static void every_local_volume_is_known(struct test *t)
{
    struct device_map map;
    wchar_t volume[64];
    size_t volumes = 0;

    device_map_init(&map);
    REQUIRE(t, device_query_all(&map) == ERROR_SUCCESS);
    HANDLE search = FindFirstVolumeW(volume, 64);
    REQUIRE(t, search != INVALID_HANDLE_VALUE);
    do {
        wchar_t target[TARGET_LEN_MAX];
        char device[TARGET_LEN_MAX];
        struct buffer path;
        volume[wcslen(volume) - 1] = L'\0';
        if (QueryDosDeviceW(volume + 4, target, TARGET_LEN_MAX) == 0 ||
            text_w_to_utf8(device, sizeof device - 2, target) != ERROR_SUCCESS)
            continue;
        volumes++;
        TEST_ROW(t, "%.80s", device);
        buffer_init(&path, SCRATCH_SIZE);
        memcpy(device + strlen(device), "\\x", 3);
        CHECK(t, device_map_rewrite(&map, span_from_string(device), &path));
        buffer_release(&path);
    } while (FindNextVolumeW(search, volume, 64));
    FindVolumeClose(search);
    CHECK(t, volumes > 0);
    device_map_release(&map);
}

/* A letter that is not in use; L'\0' when there is none. */
static wchar_t free_letter(void)
{
    wchar_t name[] = L"Y:";
    wchar_t target[TARGET_LEN_MAX];
    for (; name[0] > L'D'; name[0]--) {
        if (QueryDosDeviceW(name, target, TARGET_LEN_MAX) == 0)
            return name[0];
    }
    return L'\0';
}

/* Asks for a device that nobody has, and waits for the refresh that this starts. */
static void refresh_now(struct test *t)
{
    static unsigned number;
    char device_path[64];

    Sleep(DEVICE_REFRESH_INTERVAL_MS + 50);
    const LONG before = refreshes;
    snprintf(device_path, sizeof device_path, "\\Device\\LsmapNobody%u\\a", ++number);
    CHECK(t, rewrite_is(device_path, NULL));
    wait_for_refresh(before);
    CHECK_INT(t, before + 1, refreshes);
}

static void unknown_device_refreshes_but_not_too_often(struct test *t)
{
    static const char device_path[] = "\\Device\\LsmapTestDevice\\a.dll";
    wchar_t letter[] = L"?:";
    char expected[] = "?:\\a.dll";

    letter[0] = free_letter();
    if (letter[0] == L'\0')
        TEST_SKIP(t, "no drive letter is free");
    expected[0] = (char)letter[0];
    CHECK(t, rewrite_is(device_path, NULL));
    refresh_now(t);
    const LONG before = refreshes;
    REQUIRE(t, DefineDosDeviceW(DDD_RAW_TARGET_PATH, letter, L"\\Device\\LsmapTestDevice"));
    for (int i = 0; i < 10; i++) /* it had no letter then */
        CHECK(t, rewrite_is(device_path, "\\\\?\\GLOBALROOT\\Device\\LsmapTestDevice\\a.dll"));
    CHECK_INT(t, before, refreshes);
    refresh_now(t);
    CHECK(t, rewrite_is(device_path, expected));
    CHECK(t, DefineDosDeviceW(DDD_REMOVE_DEFINITION | DDD_RAW_TARGET_PATH, letter,
                              L"\\Device\\LsmapTestDevice"));
}

/* A volume that does not answer. */
static HANDLE hang_end;

static DWORD hanging_query(struct device_map *map)
{
    (void)WaitForSingleObject(hang_end, INFINITE);
    InterlockedIncrement(&refreshes);
    return device_map_add(map, DEVICE_VOLUME, SPAN("\\Device\\Slow"), SPAN("S:")) == STATUS_OK
               ? ERROR_SUCCESS
               : ERROR_NOT_ENOUGH_MEMORY;
}

static void only_the_first_question_waits_and_not_long(struct test *t)
{
    static const struct {
        const char *device_path, *expected;
        ULONGLONG least_ms, most_ms;
    } rows[] = {
        {"\\Device\\Mup\\server\\share\\a", "\\\\server\\share\\a", 0, 400},
        {"\\Device\\Slow\\a", NULL, DEVICE_TABLE_WAIT_MAX_MS - 400, DEVICE_TABLE_WAIT_MAX_MS + 500},
        {"\\Device\\Slow\\a", NULL, 0, 400},
        {"\\??\\C:\\a", "C:\\a", 0, 400},
    };
    struct system_lists *fast = table;
    const LONG before = refreshes;

    hang_end = CreateEventW(NULL, TRUE, FALSE, NULL);
    REQUIRE(t, hang_end != NULL &&
                   system_lists_create(hanging_query, no_services, &table) == ERROR_SUCCESS);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const ULONGLONG start_ms = GetTickCount64();
        TEST_ROW(t, "row %zu", i);
        CHECK(t, rewrite_is(rows[i].device_path, rows[i].expected));
        const ULONGLONG elapsed_ms = GetTickCount64() - start_ms;
        CHECK(t, elapsed_ms >= rows[i].least_ms && elapsed_ms <= rows[i].most_ms);
    }
    CHECK_INT(t, before, refreshes);
    SetEvent(hang_end);
    wait_for_refresh(before);
    CHECK(t, rewrite_is("\\Device\\Slow\\a", "S:\\a"));
    system_lists_destroy(table);

    ResetEvent(hang_end); /* the thread keeps what it needs */
    REQUIRE(t, system_lists_create(hanging_query, no_services, &table) == ERROR_SUCCESS);
    CHECK(t, rewrite_is("\\??\\C:\\a", "C:\\a"));
    system_lists_destroy(table);
    SetEvent(hang_end);
    Sleep(100);
    table = fast;
}

static void subst_letter_is_never_used(struct test *t)
{
    struct device_map map;
    wchar_t letter[] = L"?:";
    struct buffer path;

    letter[0] = free_letter();
    if (letter[0] == L'\0')
        TEST_SKIP(t, "no drive letter is free");
    REQUIRE(t, DefineDosDeviceW(0, letter, L"C:\\windows"));
    device_map_init(&map);
    buffer_init(&path, SCRATCH_SIZE);
    CHECK_INT(t, ERROR_SUCCESS, device_query_all(&map));
    CHECK(t, map.count > 0);
    for (size_t i = 0; i + 1 < map.entries.size; i++) /* no entry contains the letter */
        CHECK(t, map.entries.data[i] != (char)letter[0] || map.entries.data[i + 1] != ':');
    CHECK(t, device_map_rewrite(&map, SPAN("\\??\\C:\\windows\\a.dll"), &path));
    CHECK(t, fold_equal(SPAN("C:\\windows\\a.dll"), buffer_span(&path)));
    buffer_release(&path);
    device_map_release(&map);
    CHECK(t, DefineDosDeviceW(DDD_REMOVE_DEFINITION, letter, L"C:\\windows"));
}

/* Reads known and unknown devices all the time, so that refreshes happen meanwhile. */
static DWORD WINAPI read_always(void *argument)
{
    const char *known = argument;
    DWORD wrong = 0;

    for (int i = 0; i < READS; i++) {
        wrong += !rewrite_is(known, "C:\\a.dll");
        wrong += !rewrite_is("\\Device\\NoSuchDevice\\a.dll", NULL) &&
                 !rewrite_is("\\Device\\NoSuchDevice\\a.dll",
                             "\\\\?\\GLOBALROOT\\Device\\NoSuchDevice\\a.dll");
        if (i % 50 == 0)
            Sleep(DEVICE_REFRESH_INTERVAL_MS / 4);
    }
    return wrong;
}

static void many_threads_read_while_one_refreshes(struct test *t)
{
    static char known[TARGET_LEN_MAX];
    wchar_t target[TARGET_LEN_MAX];
    HANDLE threads[THREADS] = {NULL};

    REQUIRE(t, QueryDosDeviceW(L"C:", target, TARGET_LEN_MAX) > 0);
    REQUIRE(t, text_w_to_utf8(known, sizeof known - 8, target) == ERROR_SUCCESS);
    memcpy(known + strlen(known), "\\a.dll", 7);
    Sleep(DEVICE_REFRESH_INTERVAL_MS + 50);
    const LONG before = refreshes;
    CHECK(t, rewrite_is("\\Device\\LsmapNobody\\a", NULL)); /* so that one begins */
    for (size_t i = 0; i < THREADS; i++) {
        threads[i] = CreateThread(NULL, 0, read_always, known, 0, NULL);
        CHECK(t, threads[i] != NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        DWORD wrong = 1;
        if (threads[i] == NULL)
            continue;
        WaitForSingleObject(threads[i], INFINITE);
        CHECK(t, GetExitCodeThread(threads[i], &wrong));
        CHECK_INT(t, 0, wrong);
        handle_close(&threads[i]);
    }
    CHECK(t, refreshes > before);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(system_drive_gets_its_letter),
        TEST_CASE(forms_without_a_device),
        TEST_CASE(every_local_volume_is_known),
        TEST_CASE(unknown_device_refreshes_but_not_too_often),
        TEST_CASE(only_the_first_question_waits_and_not_long),
        TEST_CASE(subst_letter_is_never_used),
        TEST_CASE(many_threads_read_while_one_refreshes),
    };

    if (system_lists_create(counted_query, no_services, &table) != ERROR_SUCCESS)
        return 1;
    int failed = test_main(argc, argv, cases, TEST_COUNT(cases));
    system_lists_destroy(table);
    return failed;
}
