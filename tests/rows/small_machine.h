/* A machine with three processes for tests that need some Windows.
 *
 * 4 "System" cannot be opened, for want of memory, 100 "server.exe" runs as the user of small_machine_caller(), 200
 * "big.exe" runs as another and maps many files.
 */
#ifndef TESTS_ROWS_SMALL_MACHINE_H
#define TESTS_ROWS_SMALL_MACHINE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/answer/answer.h"
#include "common/proto/caller.h"
#include "common/scan/nt_status.h"
#include "common/scan/regions.h"
#include "tests/virtual/virtual_platform.h"

enum { SMALL_MACHINE_PROCESSES = 3, SMALL_MACHINE_VIEWS = 600 };

struct small_machine {
    struct virtual_region regions[SMALL_MACHINE_VIEWS];
    struct virtual_process processes[SMALL_MACHINE_PROCESSES];
    struct virtual_platform virtual_;
    struct platform platform;
    struct server_info info;
    uint64_t clock_us; /* advances with each call */
    struct answer_context context;
};

/* The user with relative identifier `rid`: S-1-5-21-1-2-3-rid. */
static inline struct sid small_machine_sid(uint8_t rid)
{
    const uint8_t bytes[] = {1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0,   0, 1, 0,
                             0, 0, 2, 0, 0, 0, 3, 0, 0,  0, rid, 0, 0, 0};
    struct sid sid = {.size = sizeof bytes};

    memcpy(sid.bytes, bytes, sizeof bytes);
    return sid;
}

static inline struct caller small_machine_caller(uint32_t granted)
{
    return (struct caller){.user = small_machine_sid(100),
                           .level = CALLER_LEVEL_IDENTIFICATION,
                           .elevation = ELEVATION_DEFAULT,
                           .integrity = 0x2000,
                           .session_id = 1,
                           .app_container = FACT_NO,
                           .restricted = FACT_NO,
                           .granted = granted};
}

static inline uint64_t small_machine_now_us(void *clock)
{
    uint64_t *clock_us = clock;

    return (*clock_us)++;
}

static inline void small_machine_add(struct small_machine *machine, size_t index, uint32_t pid,
                                     const char *name, size_t views)
{
    machine->processes[index] = (struct virtual_process){
        .entry = {.pid = pid, .parent_pid = 4, .session_id = 1, .start_time = 1000 + pid},
        .name = name,
        .facts = {.access = PROCESS_ACCESS_FULL,
                  .start_time = 1000 + pid,
                  .address_limit = 0x7fffffff0000,
                  .arch = ARCH_X64,
                  .protection = 0,
                  .integrity = 0x2000,
                  .owner = small_machine_sid((uint8_t)pid)},
        .regions = machine->regions,
        .regions_count = views,
    };
}

/* `machine` must not move while its platform is used. */
static inline void small_machine_init(struct small_machine *machine)
{
    static const uint16_t name[] = {'\\', 'D', 'e', 'v',  'i', 'c', 'e', '\\', 'X',
                                    '\\', 'a', '"', 0xe9, '.', 'd', 'l', 'l'};

    *machine = (struct small_machine){.info = {.mode = "console", .host = "HOST", .started = 1}};
    for (size_t i = 0; i < SMALL_MACHINE_VIEWS; i++) {
        uint64_t base = 0x10000000 + i * 0x20000;
        machine->regions[i] = (struct virtual_region){.base = base,
                                                      .size = 0x3000,
                                                      .allocation_base = base,
                                                      .allocation_protect = 2,
                                                      .state = MEMORY_STATE_COMMIT,
                                                      .protect = 2,
                                                      .type = MEMORY_REGION_DATA_FILE,
                                                      .name = name,
                                                      .name_len = sizeof name / sizeof name[0]};
    }
    small_machine_add(machine, 0, 4, "System", 0);
    small_machine_add(machine, 1, 100, "server.exe", 3);
    small_machine_add(machine, 2, 200, "big.exe", SMALL_MACHINE_VIEWS);
    machine->processes[0].faults.open = NTSTATUS_NO_MEMORY;
    virtual_platform_init(&machine->virtual_, machine->processes, SMALL_MACHINE_PROCESSES,
                          &machine->platform);
    machine->virtual_.has_allocation = true;
    machine->context = (struct answer_context){.platform = &machine->platform,
                                               .info = &machine->info,
                                               .now_us = small_machine_now_us,
                                               .clock = &machine->clock_us};
}

#endif
