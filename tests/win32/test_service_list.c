/* The cached list of services: from the service control manager, and from queries that hang or fail. */
#include "tests/test.h"

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/system_lists.h"

enum { NAMES_SIZE_MAX = 64 * 1024, WAIT_MS = 5000, AT_ONCE_MS = 300 };

static HANDLE hang_end;
static volatile LONG queries;

static DWORD hanging_query(struct services *services)
{
    InterlockedIncrement(&queries);
    (void)WaitForSingleObject(hang_end, INFINITE);
    return services_add(services, 900, SPAN("Dhcp")) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD slow_query(struct services *services)
{
    (void)services;
    Sleep(20);
    InterlockedIncrement(&queries);
    return ERROR_SUCCESS;
}

static DWORD failing_query(struct services *services)
{
    InterlockedIncrement(&queries);
    return services_add(services, 900, SPAN("Dhcp")) ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

static DWORD no_devices(struct device_map *map)
{
    (void)map;
    return ERROR_SUCCESS;
}

static bool find(struct system_lists *list, uint32_t pid, struct buffer *names)
{
    const ULONGLONG start_ms = GetTickCount64();
    const bool is_known = system_lists_services(list, pid, 1, names);

    return is_known && GetTickCount64() - start_ms < AT_ONCE_MS;
}

static void nobody_waits_for_a_query_that_hangs(struct test *t)
{
    struct system_lists *list = NULL;
    struct buffer names;

    queries = 0;
    hang_end = CreateEventW(NULL, TRUE, FALSE, NULL);
    buffer_init(&names, NAMES_SIZE_MAX);
    REQUIRE(t, hang_end != NULL &&
                   system_lists_create(no_devices, hanging_query, &list) == ERROR_SUCCESS);
    const ULONGLONG start_ms = GetTickCount64();
    for (int i = 0; i < 10; i++)
        CHECK(t, !system_lists_services(list, 900, 1, &names));
    system_lists_wait_services(list, 100);
    CHECK(t, GetTickCount64() - start_ms < AT_ONCE_MS + 100);
    CHECK_INT(t, 1, queries); /* a second one would hang, too */
    SetEvent(hang_end);
    system_lists_wait_services(list, WAIT_MS);
    CHECK(t, find(list, 900, &names));
    CHECK_STR(t, "Dhcp", names.size > 0 ? names.data : "");
    CHECK(t, find(list, 904, &names) && names.size == 0);
    CHECK(t, !system_lists_services(list, 900, UINT64_MAX, &names)); /* started after the list */
    CHECK_INT(t, 1, queries);                                        /* it is young */
    system_lists_destroy(list);

    ResetEvent(hang_end); /* the thread keeps what it needs */
    REQUIRE(t, system_lists_create(no_devices, hanging_query, &list) == ERROR_SUCCESS);
    system_lists_destroy(list);
    SetEvent(hang_end);
    Sleep(100);
    handle_close(&hang_end);
    buffer_release(&names);
}

/* Or the end of the process kills its thread. */
static void the_end_waits_for_a_query_that_is_slow(struct test *t)
{
    struct system_lists *list = NULL;

    queries = 0;
    REQUIRE(t, system_lists_create(no_devices, slow_query, &list) == ERROR_SUCCESS);
    system_lists_destroy(list);
    CHECK_INT(t, 1, queries);
}

static void a_list_that_cannot_be_read_says_nothing(struct test *t)
{
    struct system_lists *list = NULL;
    struct buffer names;

    queries = 0;
    buffer_init(&names, NAMES_SIZE_MAX);
    REQUIRE(t, system_lists_create(no_devices, failing_query, &list) == ERROR_SUCCESS);
    system_lists_wait_services(list, WAIT_MS);
    CHECK(t, !system_lists_services(list, 900, 1, &names) && names.size == 0);
    CHECK_INT(t, 1, queries);
    Sleep(SERVICE_LIST_AGE_MAX_MS + 100);
    CHECK(t, !system_lists_services(list, 900, 1, &names)); /* starts the next */
    for (int i = 0; i < 100 && queries < 2; i++)
        Sleep(20);
    CHECK_INT(t, 2, queries);
    system_lists_destroy(list);
    buffer_release(&names);
}

/* A process that the service control manager started has a service, we have none. */
static void the_manager_of_this_machine_answers(struct test *t)
{
    struct system_lists *list = NULL;
    struct services services;
    struct buffer names;
    uint32_t pid = 0;

    services_begin(&services, system_now_filetime(NULL));
    REQUIRE(t, service_list_query(&services) == ERROR_SUCCESS);
    CHECK(t, services.count > 0);
    if (services.names.size > sizeof pid)
        memcpy(&pid, services.names.data, sizeof pid);
    printf("  %zu services run, %s in process %lu\n", services.count,
           services.names.size > sizeof pid ? services.names.data + sizeof pid : "",
           (unsigned long)pid);
    buffer_init(&names, NAMES_SIZE_MAX);
    REQUIRE(t, system_lists_create(no_devices, service_list_query, &list) == ERROR_SUCCESS);
    system_lists_wait_services(list, WAIT_MS);
    CHECK(t, find(list, pid, &names) && names.size > 0);
    CHECK(t, find(list, GetCurrentProcessId(), &names) && names.size == 0);
    system_lists_destroy(list);
    services_release(&services);
    buffer_release(&names);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(nobody_waits_for_a_query_that_hangs),
        TEST_CASE(the_end_waits_for_a_query_that_is_slow),
        TEST_CASE(a_list_that_cannot_be_read_says_nothing),
        TEST_CASE(the_manager_of_this_machine_answers),
    };

    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
