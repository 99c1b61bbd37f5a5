#include "client/win32/host_facts.h"

#include <stdio.h>

#include "common/win32/system_info.h"

/* RtlGenRandom by its exported name: ntsecapi.h declares it only among much that clashes. */
BOOLEAN NTAPI SystemFunction036(void *buffer, ULONG size);

static uint64_t now_filetime(void *unused)
{
    FILETIME now;

    (void)unused;
    GetSystemTimeAsFileTime(&now); /* to 16 ms; enough, and much cheaper than the precise one */
    return (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
}

DWORD host_facts_random(void *bytes, ULONG size)
{
    return SystemFunction036(bytes, size) ? ERROR_SUCCESS : ERROR_NOT_READY;
}

DWORD host_facts_query(struct envelope_facts *facts)
{
    struct envelope_facts found = {.now = now_filetime};
    struct server_info info;

    DWORD error = host_facts_random(found.random, sizeof found.random);
    if (error != ERROR_SUCCESS)
        return error;
    system_info_query(&info, "client");
    (void)snprintf(found.host, sizeof found.host, "%s", info.host);
    found.boot_time = info.boot_time;
    *facts = found;
    return ERROR_SUCCESS;
}
