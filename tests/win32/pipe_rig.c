#include "tests/win32/pipe_rig.h"

#include <stdio.h>
#include <string.h>

#include "common/scan/nt_status.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"
#include "service/win32/access_cmd.h"

enum { LATE_THREAD_MS = 1000 };

/* --- the clock --- */

static uint64_t clock_start_ms;
static unsigned clock_speed = 1;

static uint64_t rig_now_ms(void)
{
    return clock_start_ms + (system_now_ms() - clock_start_ms) * clock_speed;
}

/* --- the users --- */

static volatile LONG user_number;

void pipe_rig_set_user(unsigned number)
{
    InterlockedExchange(&user_number, (LONG)number);
}

static void *volatile identity_blocks;

void pipe_rig_block_identity(HANDLE event)
{
    InterlockedExchangePointer(&identity_blocks, event);
}

bool pipe_rig_identity_is_blocked(void)
{
    return InterlockedCompareExchangePointer(&identity_blocks, NULL, NULL) == NULL;
}

static struct sid made_up_user(uint8_t number)
{
    return (struct sid){.size = 12, .bytes = {1, 1, 0, 0, 0, 0, 0, 5, number}};
}

/* Finds the real process, which a user of a made-up number is then said to run. */
static DWORD query_opener(HANDLE pipe, struct caller *opener)
{
    const LONG number = InterlockedCompareExchange(&user_number, 0, 0);
    const DWORD pid = client_token_opener(pipe, opener);

    if (number != 0 || pid != GetCurrentProcessId()) {
        opener->user = made_up_user(number != 0 ? (uint8_t)number : 99);
        opener->administrator = ADMINISTRATOR_NO;
    }
    return pid;
}

static DWORD query_client(HANDLE pipe, const struct client_access *access,
                          const struct caller *known, struct caller *caller)
{
    struct caller opener;
    const HANDLE blocks = known != NULL ? InterlockedExchangePointer(&identity_blocks, NULL) : NULL;

    if (blocks != NULL)
        WaitForSingleObject(blocks, RIG_WAIT_MS);
    DWORD error = client_token_query(pipe, access, NULL, caller);

    if (error != ERROR_SUCCESS || known != NULL) {
        if (error == ERROR_SUCCESS)
            *caller = *known;
        return error;
    }
    (void)query_opener(pipe, &opener);
    caller->user = opener.user;
    return ERROR_SUCCESS;
}

/* --- the platform --- */

static uint32_t list_processes(void *context, bool with_owners, struct process_list *list)
{
    const struct pipe_rig *rig = context;

    (void)with_owners;
    for (uint32_t i = 0; i < rig->processes_count; i++) {
        struct process_entry entry = {.pid = 4 * (i + 1), .start_time = 1};
        if (!process_list_add(list, &entry, SPAN("made-up-process.exe")))
            return NTSTATUS_NO_MEMORY;
    }
    return NTSTATUS_OK;
}

static uint32_t open_process(void *context, uint32_t pid, struct process_facts *facts,
                             struct buffer *image, struct address_space **space)
{
    struct pipe_rig *rig = context;

    InterlockedIncrement(&rig->opening);
    if (rig->blocks != NULL && pid == 8)
        WaitForSingleObject(rig->blocks, INFINITE);
    if (rig->open_delay_ms > 0)
        Sleep(rig->open_delay_ms);
    InterlockedDecrement(&rig->opening);
    memset(facts, 0, sizeof *facts);
    facts->access = PROCESS_ACCESS_FULL;
    facts->start_time = 1;
    facts->protection = PROTECTION_UNKNOWN;
    facts->integrity = INTEGRITY_UNKNOWN;
    buffer_clear(image);
    *space = (struct address_space *)rig; /* never looked into */
    return NTSTATUS_OK;
}

/* The address space is empty. */
static uint32_t query_memory(void *context, struct address_space *space,
                             enum memory_class memory_class, uint64_t address, void *answer,
                             size_t size)
{
    (void)context, (void)space, (void)address, (void)answer, (void)size;
    return memory_class == MEMORY_CLASS_BASIC ? NTSTATUS_INVALID_PARAMETER
                                              : NTSTATUS_INVALID_INFO_CLASS;
}

static uint32_t query_name(void *context, struct address_space *space, uint64_t address,
                           struct buffer *name, bool *lossy)
{
    (void)context, (void)space, (void)address, (void)name, (void)lossy;
    return NTSTATUS_FILE_INVALID;
}

static uint32_t list_drivers(void *context, struct buffer *answer)
{
    (void)context, (void)answer;
    return NTSTATUS_ACCESS_DENIED;
}

static bool find_services(void *context, uint32_t pid, uint64_t start_time, struct buffer *names)
{
    (void)context, (void)pid, (void)start_time, (void)names;
    return false;
}

static bool query_path(void *context, struct span device_path, struct buffer *path)
{
    (void)context, (void)device_path, (void)path;
    return false;
}

static void close_process(void *context, struct address_space *space)
{
    (void)context, (void)space;
}

/* --- the server --- */

static DWORD start_server(struct pipe_rig *rig, const char *name, unsigned connections_max)
{
    char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY], access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];
    struct server_limits limits;
    struct caller self;

    if (rig->limits != NULL)
        limits = *rig->limits;
    else
        server_limits_default(&limits, system_processors());
    if (connections_max != 0)
        limits.connections = connections_max;
    if (rig->connections_user_max != 0)
        limits.connections_per_user = rig->connections_user_max;
    DWORD error = token_facts(GetCurrentProcessToken(), &self);
    if (error == ERROR_SUCCESS && !access_console_sddl(&self.user, false, pipe_sddl, access_sddl))
        error = ERROR_INVALID_SID;
    if (error != ERROR_SUCCESS)
        return error;
    const struct server_config config = {
        .pipe_name = name,
        .pipe_sddl = pipe_sddl,
        .access_sddl = access_sddl,
        .context = &rig->context,
        .limits = &limits,
        .now_ms = rig_now_ms,
        .query_client = query_client,
        .query_opener = query_opener,
    };
    return server_create(&config, &rig->server);
}

DWORD pipe_rig_start(struct pipe_rig *rig, unsigned speed, unsigned connections_max)
{
    static unsigned number;
    char name[RIG_NAME_CAPACITY];

    snprintf(name, sizeof name, "\\\\.\\pipe\\lsmapd-test-%lu-%u",
             (unsigned long)GetCurrentProcessId(), ++number);
    DWORD error = text_w_from_utf8(rig->name, RIG_NAME_CAPACITY, span_from_string(name));
    if (error != ERROR_SUCCESS)
        return error;
    clock_start_ms = system_now_ms();
    clock_speed = speed;
    rig->platform = (struct platform){
        .context = rig,
        .list = list_processes,
        .open = open_process,
        .memory = query_memory,
        .name = query_name,
        .drivers = list_drivers,
        .services = find_services,
        .path = query_path,
        .close = close_process,
    };
    if (rig->statistics == NULL)
        rig->statistics = &rig->own_statistics;
    system_info_query(&rig->info, "console");
    rig->context = (struct answer_context){.platform = &rig->platform,
                                           .info = &rig->info,
                                           .now_us = system_now_us,
                                           .statistics = rig->statistics};
    return start_server(rig, name, connections_max);
}

uint32_t pipe_rig_stop(struct pipe_rig *rig)
{
    uint64_t start_ms = system_now_ms();
    DWORD error = server_stop(rig->server);
    uint32_t took_ms = (uint32_t)(system_now_ms() - start_ms);

    rig->server = NULL;
    /* On a busy machine a thread is late that sleeps in a query of ours; `rig` may be on a stack. */
    if (error == ERROR_IO_INCOMPLETE && rig->blocks == NULL)
        Sleep(LATE_THREAD_MS + rig->open_delay_ms);
    return error == ERROR_SUCCESS || error == ERROR_IO_INCOMPLETE ? took_ms : UINT32_MAX;
}

unsigned pipe_rig_connections(struct pipe_rig *rig)
{
    uint64_t values[STATISTICS_COUNT];

    statistics_read(rig->statistics, 0, values);
    return (unsigned)values[STATISTICS_CONNECTIONS_NOW];
}

bool pipe_rig_wait_connections(struct pipe_rig *rig, unsigned count)
{
    for (int poll = 0; poll < RIG_WAIT_MS / 10; poll++) {
        if (pipe_rig_connections(rig) == count)
            return true;
        Sleep(10);
    }
    return false;
}
