#include "common/win32/system_info.h"

#include <stdio.h>

#include "common/win32/ntdll.h"
#include "common/win32/text_w.h"

enum { MICROSECONDS = 1000 * 1000, FILETIME_PER_MS = 10 * 1000, HOST_NAME_CAPACITY = 256 };

/* RtlGenRandom by its exported name: ntsecapi.h declares it beside much that clashes. */
BOOLEAN NTAPI SystemFunction036(void *buffer, ULONG size);

static wine_get_version find_wine_version(void)
{
    return (wine_get_version)system_function(L"ntdll.dll", "wine_get_version");
}

static uint64_t query_boot_time(void)
{
    struct nt_time_of_day time = {0};
    nt_result result = NtQuerySystemInformation(NT_SYSTEM_TIME_OF_DAY, &time, sizeof time, NULL);

    /* Wine returns when its server started; its tick count is that of the machine. */
    if (system_is_wine())
        return system_now_filetime(NULL) - GetTickCount64() * FILETIME_PER_MS;
    return result < 0 ? 0 : (uint64_t)time.boot_time.QuadPart;
}

static void query_host(struct server_info *info)
{
    wchar_t host[HOST_NAME_CAPACITY];
    DWORD len = HOST_NAME_CAPACITY;

    if (GetComputerNameExW(ComputerNameDnsHostname, host, &len))
        (void)(text_w_to_utf8(info->host, sizeof info->host, host) == ERROR_SUCCESS);
}

static void query_build(struct server_info *info)
{
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};

    if (RtlGetVersion(&version) < 0)
        return;
    snprintf(info->os_build, sizeof info->os_build, "%lu.%lu.%lu",
             (unsigned long)version.dwMajorVersion, (unsigned long)version.dwMinorVersion,
             (unsigned long)version.dwBuildNumber);
}

void system_info_query(struct server_info *info, const char *mode)
{
    *info = (struct server_info){.mode = mode, .started = system_now_filetime(NULL)};
    query_host(info);
    query_build(info);
    info->boot_time = query_boot_time();
    if (system_is_wine())
        snprintf(info->wine, sizeof info->wine, "%s", find_wine_version()());
}

bool system_is_wine(void)
{
    return find_wine_version() != NULL;
}

DWORD system_random(void *bytes, ULONG size)
{
    return SystemFunction036(bytes, size) ? ERROR_SUCCESS : ERROR_NOT_READY;
}

unsigned system_processors(void)
{
    SYSTEM_INFO system;

    GetSystemInfo(&system);
    return system.dwNumberOfProcessors > 0 ? system.dwNumberOfProcessors : 1;
}

uint64_t system_now_filetime(void *unused)
{
    FILETIME now;

    (void)unused;
    GetSystemTimeAsFileTime(&now);
    return (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
}

uint64_t system_now_us(void *unused)
{
    LARGE_INTEGER count, frequency;

    (void)unused;
    /* Neither call fails on the systems that we support. */
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    uint64_t ticks = (uint64_t)count.QuadPart;
    uint64_t per_second = (uint64_t)frequency.QuadPart;
    /* Whole seconds separately, so that the product does not wrap after some days. */
    return ticks / per_second * MICROSECONDS + ticks % per_second * MICROSECONDS / per_second;
}

uint64_t system_now_ms(void)
{
    return GetTickCount64();
}

uint64_t system_awake_ms(void)
{
    ULONGLONG time = 0; /* in 100 ns */

    (void)QueryUnbiasedInterruptTime(&time); /* fails with a null pointer only */
    return time / 10000;
}
