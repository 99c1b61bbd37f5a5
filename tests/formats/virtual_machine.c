#include "tests/formats/virtual_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/answer/answer.h"
#include "common/proto/protocol.h"
#include "common/text/buffer.h"
#include "tests/virtual/virtual_layout.h"

enum { LAYOUTS = 6, COPY_PID_STEP = 100000, PATH_CAPACITY = 512 };

static const char *const files[LAYOUTS - 1] = {"browser", "dotnet", "protected", "service",
                                               "wow64"};

/* Separators, quotes, formulas, wide and combining characters, a name that looks like a number, and
 * a process that cannot be opened. */
static const char odd[] =
    "process pid=40 name=closed\n"
    "fault open=0xc0000022\n"
    "process pid=7000 parent=4 session=1 arch=x64 start=134088823871112223 name=odd, \"name\".exe\n"
    "image \\Device\\HarddiskVolume3\\odd, \"name\".exe\n"
    "0x10000 0x1000 commit data 0x10000 2 2 \\Device\\HarddiskVolume3\\a,b;c\td.dat\n"
    "0x20000 0x1000 commit data 0x20000 2 2 \\Device\\HarddiskVolume3\\\"quoted\"\n"
    "0x30000 0x1000 commit data 0x30000 2 2 \\Device\\HarddiskVolume3\\=1+1\n"
    "0x40000 0x1000 commit data 0x40000 2 2 \\Device\\HarddiskVolume3\\ blank \n"
    "0x50000 0x1000 commit data 0x50000 2 2 \\Device\\HarddiskVolume3\\\xE3\x83\xA1\xF0\x9F\x98\x80"
    "e\xCC\x81\n"
    "0x60000 0x1000 commit data 0x60000 2 2 \\Device\\HarddiskVolume3\\null\n"
    "0x70000 0x1000 commit data 0x70000 2 2 \\Device\\HarddiskVolume3\\{\"a\":[1]}\n"
    "0x80000 0x1000 commit data 0x80000 2 2 \\Device\\Unknown\\no drive leads here\n"
    "0x90000 0x1000 commit pagefile 0x90000 4 4\n"
    "process pid=7001 name=\xE3\x83\xA1.exe\n";

struct virtual_machine {
    struct transport transport;
    struct virtual_layout layouts[LAYOUTS];
    struct virtual_process *processes; /* owned */
    size_t processes_count;
    struct device_map devices;
    struct virtual_platform virtual_;
    struct platform platform;
    struct server_info info;
    struct answer_context context;
    struct grant grant;
    struct answer *answer; /* owned; NULL between requests */
    struct buffer rows;
    uint64_t now_us;
};

static uint64_t now_us(void *clock)
{
    return *(uint64_t *)clock += 10;
}

static bool machine_send(void *context, struct span bytes, struct failure *failure)
{
    struct virtual_machine *machine = context;

    virtual_platform_init(&machine->virtual_, machine->processes, machine->processes_count,
                          &machine->platform);
    machine->virtual_.devices = &machine->devices;
    machine->virtual_.has_allocation = true;
    answer_destroy(machine->answer);
    machine->answer = answer_create(&machine->context, &machine->grant,
                                    (struct span){bytes.data, bytes.size - 1});
    return machine->answer != NULL || failure_set(failure, FAILURE_MEMORY, NULL);
}

static bool machine_receive(void *context, char *data, size_t capacity, size_t *size,
                            struct failure *failure)
{
    struct virtual_machine *machine = context;

    while (machine->answer != NULL && machine->rows.size < OUTPUT_SIZE) {
        answer_run(machine->answer, NULL, UINT64_MAX, OUTPUT_SIZE - machine->rows.size);
        if (!answer_take(machine->answer, &machine->rows))
            abort();
        if (answer_is_over(machine->answer)) {
            answer_destroy(machine->answer);
            machine->answer = NULL;
        }
    }
    if (machine->rows.size == 0)
        return failure_set(failure, FAILURE_CLOSED, NULL);
    *size = machine->rows.size < capacity ? machine->rows.size : capacity;
    memcpy(data, machine->rows.data, *size);
    buffer_consume(&machine->rows, *size);
    return true;
}

static void read_layouts(struct virtual_machine *machine)
{
    struct virtual_layout_error error = {0, "?"};
    char path[PATH_CAPACITY];

    for (size_t i = 0; i < LAYOUTS; i++) {
        bool is_odd = i == LAYOUTS - 1;
        snprintf(path, sizeof path, "%s/%s.txt", LAYOUTS_DIR, is_odd ? "odd" : files[i]);
        if (is_odd ? !virtual_layout_parse(SPAN(odd), &machine->layouts[i], &error)
                   : !virtual_layout_read(path, &machine->layouts[i], &error)) {
            fprintf(stderr, "%s:%zu: %s\n", path, error.line, error.message);
            exit(2);
        }
    }
}

/* The process identifiers of each copy are its own. */
static void copy_processes(struct virtual_machine *machine, size_t copies)
{
    size_t count = 0;

    for (size_t i = 0; i < LAYOUTS; i++)
        count += machine->layouts[i].processes_count * copies;
    machine->processes = calloc(count > 0 ? count : 1, sizeof *machine->processes);
    if (machine->processes == NULL)
        abort();
    for (size_t copy = 0; copy < copies; copy++) {
        for (size_t i = 0; i < LAYOUTS; i++) {
            const struct virtual_layout *layout = &machine->layouts[i];
            for (size_t k = 0; k < layout->processes_count; k++) {
                struct virtual_process *process = &machine->processes[machine->processes_count++];
                *process = layout->processes[k];
                process->entry.pid += (uint32_t)(copy * COPY_PID_STEP);
            }
        }
    }
}

struct virtual_machine *virtual_machine_create(size_t copies)
{
    struct virtual_machine *machine = calloc(1, sizeof *machine);

    if (machine == NULL)
        abort();
    read_layouts(machine);
    copy_processes(machine, copies);
    device_map_init(&machine->devices);
    if (device_map_add(&machine->devices, DEVICE_VOLUME, SPAN("\\Device\\HarddiskVolume3"),
                       SPAN("C:")) != STATUS_OK)
        abort();
    machine->info = (struct server_info){.mode = "direct", .host = "PC"};
    machine->grant = (struct grant){.rights = RIGHTS_ALL, .reason = "A test."};
    machine->context = (struct answer_context){.platform = &machine->platform,
                                               .info = &machine->info,
                                               .now_us = now_us,
                                               .clock = &machine->now_us};
    server_limits_default(&machine->context.limits, 1);
    machine->transport =
        (struct transport){.context = machine, .send = machine_send, .receive = machine_receive};
    buffer_init(&machine->rows, ANSWER_OUTPUT_SIZE_MAX);
    return machine;
}

const struct transport *virtual_machine_transport(const struct virtual_machine *machine)
{
    return &machine->transport;
}

void virtual_machine_destroy(struct virtual_machine *machine)
{
    if (machine == NULL)
        return;
    answer_destroy(machine->answer);
    buffer_release(&machine->rows);
    device_map_release(&machine->devices);
    for (size_t i = 0; i < LAYOUTS; i++)
        virtual_layout_release(&machine->layouts[i]);
    free(machine->processes);
    free(machine);
}
