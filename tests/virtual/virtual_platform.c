#include "tests/virtual/virtual_platform.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/text/utf.h"
#include "tests/virtual/driver_answer.h"
#include "tests/virtual/virtual_memory.h"
#include "tests/virtual/virtual_objects.h"

enum { WORKING_SET_VALID = 0x01, WORKING_SET_SHARE_COUNT = 0x0e };

struct address_space {
    const struct virtual_process *process;
    uint64_t calls; /* on this space */
    size_t hint;    /* of virtual_memory.h */
};

/* Counts a call. Returns the failure that the test set for it, or NTSTATUS_OK. */
static uint32_t begin_call(struct virtual_platform *virtual_, enum virtual_call call)
{
    virtual_->calls[call]++;
    virtual_->calls_total++;
    if (virtual_->on_call != NULL)
        virtual_->on_call(virtual_, call);
    if (virtual_->fail_at == 0 || virtual_->calls_total < virtual_->fail_at)
        return NTSTATUS_OK;
    if (virtual_->calls_total > virtual_->fail_at && !virtual_->fail_on)
        return NTSTATUS_OK;
    return virtual_->fail_with;
}

/* The same for a call on an open process. */
static uint32_t begin_query(struct virtual_platform *virtual_, enum virtual_call call,
                            struct address_space *space, uint64_t address, uint32_t fault)
{
    virtual_->asked = address;
    virtual_->asked_pid = space->process->entry.pid;
    uint32_t nt_status = begin_call(virtual_, call);
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    space->calls++;
    uint64_t exit_after = space->process->faults.exit_after;
    if (exit_after != 0 && space->calls > exit_after)
        return NTSTATUS_PROCESS_IS_TERMINATING;
    return fault;
}

static uint32_t list_processes(void *context, bool with_owners, struct process_list *list)
{
    struct virtual_platform *virtual_ = context;
    uint32_t nt_status = begin_call(virtual_, VIRTUAL_LIST);

    for (size_t i = 0; i < virtual_->processes_count && nt_status == NTSTATUS_OK; i++) {
        const struct virtual_process *process = &virtual_->processes[i];
        struct process_entry entry = process->entry;
        if (with_owners && virtual_->has_owners)
            entry.owner = process->facts.owner;
        if (!process_list_add(list, &entry, span_from_string(process->name)))
            nt_status = NTSTATUS_NO_MEMORY;
    }
    return nt_status;
}

static struct virtual_process *find_process(struct virtual_platform *virtual_, uint32_t pid)
{
    for (size_t i = 0; i < virtual_->processes_count; i++)
        if (virtual_->processes[i].entry.pid == pid)
            return &virtual_->processes[i];
    return NULL;
}

static uint32_t open_process(void *context, uint32_t pid, struct process_facts *facts,
                             struct buffer *image, struct address_space **space)
{
    struct virtual_platform *virtual_ = context;
    virtual_->asked_pid = pid;
    uint32_t nt_status = begin_call(virtual_, VIRTUAL_OPEN);
    struct virtual_process *process = find_process(virtual_, pid);

    buffer_clear(image);
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    if (process == NULL || process->hidden)
        return NTSTATUS_INVALID_CID;
    if (process->faults.open != NTSTATUS_OK)
        return process->faults.open;
    /* On the heap, so that the sanitizer reports a scan that does not close it. */
    struct address_space *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return NTSTATUS_NO_MEMORY;
    if (process->image != NULL && !buffer_append(image, span_from_string(process->image))) {
        free(opened);
        return NTSTATUS_NO_MEMORY;
    }
    opened->process = process;
    virtual_->open_count++;
    *facts = process->facts;
    *space = opened;
    return NTSTATUS_OK;
}

static uint32_t query_region(struct virtual_platform *virtual_, struct address_space *space,
                             uint64_t address, struct region *region, size_t size)
{
    if (size < sizeof *region)
        return NTSTATUS_INFO_LENGTH_MISMATCH;
    const uint32_t nt_status = virtual_memory_region(
        space->process, address, virtual_->answers_run_base, region, &space->hint);
    if (nt_status == NTSTATUS_OK && virtual_->distort_region != NULL)
        virtual_->distort_region(virtual_, region);
    return nt_status;
}

static uint32_t query_allocation(struct virtual_platform *virtual_, struct address_space *space,
                                 enum memory_class memory_class, uint64_t address,
                                 struct allocation *allocation, size_t size)
{
    if (!virtual_->has_allocation)
        return memory_class == MEMORY_CLASS_REGION ? NTSTATUS_NOT_IMPLEMENTED
                                                   : NTSTATUS_INVALID_INFO_CLASS;
    const uint32_t nt_status = virtual_memory_allocation(
        space->process, virtual_->build, memory_class, address, allocation, size, &space->hint);
    if (nt_status == NTSTATUS_OK && virtual_->distort_allocation != NULL)
        virtual_->distort_allocation(virtual_, allocation);
    return nt_status;
}

static uint32_t query_pages(const struct virtual_platform *virtual_, struct address_space *space,
                            struct page *pages, size_t size)
{
    const struct virtual_region *run = NULL;
    const bool is_hidden = virtual_->is_untrusted && virtual_->build >= 18362;

    if (size < sizeof *pages)
        return NTSTATUS_INFO_LENGTH_MISMATCH;
    if (is_hidden && space->process->facts.access != PROCESS_ACCESS_FULL)
        return NTSTATUS_ACCESS_DENIED;
    for (size_t i = 0; i < size / sizeof *pages; i++) {
        if (run == NULL || pages[i].address - run->base >= run->size)
            run = virtual_memory_run(space->process, pages[i].address, &space->hint);
        bool is_resident = run != NULL && run->state == MEMORY_STATE_COMMIT &&
                           (run->page_attributes & WORKING_SET_VALID) != 0;
        pages[i].attributes = is_resident ? run->page_attributes : 0;
        if (is_resident && is_hidden && run->type != MEMORY_REGION_PRIVATE)
            pages[i].attributes |= WORKING_SET_SHARE_COUNT; /* 7, whatever the truth */
    }
    return NTSTATUS_OK;
}

static uint32_t query_memory(void *context, struct address_space *space,
                             enum memory_class memory_class, uint64_t address, void *answer,
                             size_t size)
{
    struct virtual_platform *virtual_ = context;
    const struct virtual_faults *faults = &space->process->faults;
    uint32_t nt_status;

    switch (memory_class) {
    case MEMORY_CLASS_BASIC:
        nt_status = begin_query(virtual_, VIRTUAL_REGION, space, address, faults->region);
        return nt_status != NTSTATUS_OK ? nt_status
                                        : query_region(virtual_, space, address, answer, size);
    case MEMORY_CLASS_REGION:
    case MEMORY_CLASS_REGION_EX:
        nt_status = begin_query(virtual_, VIRTUAL_ALLOCATION, space, address, faults->allocation);
        return nt_status != NTSTATUS_OK
                   ? nt_status
                   : query_allocation(virtual_, space, memory_class, address, answer, size);
    case MEMORY_CLASS_WORKING_SET_EX:
        ASSERT(address == 0);
        address = ((const struct page *)answer)->address;
        nt_status = begin_query(virtual_, VIRTUAL_PAGES, space, address, faults->pages);
        return nt_status != NTSTATUS_OK ? nt_status : query_pages(virtual_, space, answer, size);
    case MEMORY_CLASS_NAME:
    case MEMORY_CLASS_IMAGE:
        break;
    }
    return NTSTATUS_INVALID_INFO_CLASS;
}

/* Converts into the caller's buffer, so that a bench counts allocations of the scan only. */
static uint32_t set_name(struct buffer *name, bool *lossy, const struct virtual_region *run)
{
    size_t size = utf8_from_utf16(NULL, 0, run->name, run->name_len);

    if (!buffer_reserve(name, size))
        return NTSTATUS_NO_MEMORY;
    utf8_from_utf16(name->data, size, run->name, run->name_len);
    name->size = size;
    *lossy = utf16_is_lossy(run->name, run->name_len);
    return NTSTATUS_OK;
}

static uint32_t query_name(void *context, struct address_space *space, uint64_t address,
                           struct buffer *name, bool *lossy)
{
    struct virtual_platform *virtual_ = context;
    const struct virtual_process *process = space->process;
    uint32_t nt_status = begin_query(virtual_, VIRTUAL_NAME, space, address, process->faults.name);

    buffer_clear(name);
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    const struct virtual_region *run = virtual_memory_run(process, address, &space->hint);
    if (run == NULL || view_kind_from_allocation(run->type) == VIEW_PRIVATE ||
        virtual_memory_is_unknown(virtual_->build, address))
        return NTSTATUS_INVALID_ADDRESS;
    if (run->name_fault != NTSTATUS_OK)
        return run->name_fault;
    if (run->name == NULL || (run->type & (MEMORY_REGION_IMAGE | MEMORY_REGION_DATA_FILE)) == 0)
        return NTSTATUS_FILE_INVALID;
    return set_name(name, lossy, run);
}

static uint32_t list_drivers(void *context, struct buffer *answer)
{
    struct virtual_platform *virtual_ = context;
    uint32_t nt_status = begin_call(virtual_, VIRTUAL_DRIVERS);

    buffer_clear(answer);
    if (nt_status == NTSTATUS_OK)
        nt_status = virtual_->drivers_fault;
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    driver_answer_begin(answer, (uint32_t)(virtual_->drivers_count + virtual_->drivers_missing));
    for (size_t i = 0; i < virtual_->drivers_count; i++)
        driver_answer_add(answer, virtual_->drivers[i].size,
                          span_from_string(virtual_->drivers[i].name));
    return answer->failed ? NTSTATUS_NO_MEMORY : NTSTATUS_OK;
}

static bool find_services(void *context, uint32_t pid, uint64_t start_time, struct buffer *names)
{
    const struct virtual_process *process = find_process(context, pid);

    buffer_clear(names);
    if (process == NULL || process->services == NULL || process->entry.start_time != start_time)
        return false;
    buffer_text(names, process->services);
    if (names->size > 0)
        buffer_append(names, (struct span){"", 1});
    for (size_t i = 0; i < names->size; i++)
        if (names->data[i] == ' ')
            names->data[i] = '\0';
    return !names->failed;
}

static bool rewrite_path(void *context, struct span device_path, struct buffer *path)
{
    struct virtual_platform *virtual_ = context;
    uint32_t nt_status = begin_call(virtual_, VIRTUAL_PATH);

    buffer_clear(path);
    if (nt_status != NTSTATUS_OK || virtual_->devices == NULL)
        return false;
    return device_map_rewrite(virtual_->devices, device_path, path);
}

static void close_process(void *context, struct address_space *space)
{
    struct virtual_platform *virtual_ = context;

    ASSERT(space != NULL);
    ASSERT(virtual_->open_count > 0);
    virtual_->open_count--;
    free(space);
}

void virtual_platform_init(struct virtual_platform *virtual_, struct virtual_process *processes,
                           size_t processes_count, struct platform *platform)
{
    memset(virtual_, 0, sizeof *virtual_);
    virtual_->processes = processes;
    virtual_->processes_count = processes_count;
    virtual_->build = VIRTUAL_BUILD;
    virtual_->has_allocation = true;
    *platform = (struct platform){.context = virtual_,
                                  .list = list_processes,
                                  .open = open_process,
                                  .memory = query_memory,
                                  .name = query_name,
                                  .drivers = list_drivers,
                                  .services = find_services,
                                  .path = rewrite_path,
                                  .close = close_process,
                                  .objects = &virtual_object_calls};
}
