#include "tests/golden/golden_world.h"
#include "common/proto/protocol.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *setting;
    const char *user;
    uint8_t sid_end; /* the last number of the SID; 0: unknown */
    enum caller_elevation elevation;
    enum caller_administrator administrator;
    uint32_t integrity;
    uint32_t session_id;
    const char *reason;
} callers[] = {
    {"admin", "PC\\admin", 244, ELEVATION_FULL, ADMINISTRATOR_ENABLED, 0x3000, 1,
     "Administrators may ask everything."},
    {"alice", "PC\\alice", 233, ELEVATION_DEFAULT, ADMINISTRATOR_NO, 0x2000, 1,
     "Interactive users may ask about their own processes."},
    {"unknown", "", 0, ELEVATION_UNKNOWN, ADMINISTRATOR_UNKNOWN, 0xffffffffu, UINT32_MAX,
     "The caller could not be identified."},
};

static bool set_caller(struct golden_world *world, const char *name)
{
    for (size_t i = 0; i < sizeof callers / sizeof callers[0]; i++) {
        struct caller *caller = &world->grant.caller;
        /* S-1-5-21-1-2-3-1nnn */
        const uint8_t sid[] = {1, 5, 0, 0,  0,
                               0, 0, 5, 21, 0,
                               0, 0, 1, 0,  0,
                               0, 2, 0, 0,  0,
                               3, 0, 0, 0,  callers[i].sid_end,
                               3, 0, 0};
        if (strcmp(name, callers[i].setting) != 0)
            continue;
        *caller = caller_unknown;
        caller->elevation = callers[i].elevation;
        caller->administrator = callers[i].administrator;
        caller->integrity = callers[i].integrity;
        caller->session_id = callers[i].session_id;
        if (callers[i].sid_end != 0) {
            caller->app_container = caller->restricted = FACT_NO;
            if (!sid_set(&caller->user, sid, sizeof sid))
                abort();
        }
        world->grant.reason = callers[i].reason;
        return true;
    }
    return false;
}

static void find_name(const struct caller *caller, char *name)
{
    for (size_t i = 0; i < sizeof callers / sizeof callers[0]; i++)
        if (caller->user.size == 0 ? callers[i].sid_end == 0
                                   : callers[i].sid_end == caller->user.bytes[24])
            (void)snprintf(name, CALLER_USER_CAPACITY, "%s", callers[i].user);
}

static bool set_rights(struct golden_world *world, const char *names)
{
    uint32_t rights = 0;
    char text[128];

    snprintf(text, sizeof text, ",%s,", names);
#define X(bit, name)                        \
    if (strstr(text, "," name ",") != NULL) \
        rights |= (uint32_t)(bit);
    RIGHTS_LIST(X)
#undef X
    if (strcmp(names, "all") == 0)
        rights = RIGHTS_ALL;
    else if (rights == 0 && strcmp(names, "none") != 0)
        return false;
    world->grant.rights = rights;
    return true;
}

static struct virtual_process *find(struct golden_world *world, const char *pid)
{
    for (size_t i = 0; i < world->layout.processes_count; i++)
        if (world->layout.processes[i].entry.pid == strtoul(pid, NULL, 10))
            return &world->layout.processes[i];
    return NULL;
}

static bool set_fault(struct golden_world *world, const char *text)
{
    return sscanf(text, "%" SCNu64 " 0x%" SCNx32, &world->fail_at, &world->fail_with) == 2;
}

static bool set_abort(struct golden_world *world, const char *text)
{
    char code[32];

    if (sscanf(text, "%u %31s", &world->abort_at, code) != 2)
        return false;
    world->abort_code = status_from_name(code, strlen(code));
    return true;
}

const char *golden_world_set(struct golden_world *world, const char *setting)
{
    char word[32] = "";
    int size = 0;
    bool ok = false;

    (void)sscanf(setting, "%31s %n", word, &size);
    const char *value = setting + size;
    if (strcmp(word, "rights") == 0) {
        ok = set_rights(world, value);
    } else if (strcmp(word, "caller") == 0) {
        ok = set_caller(world, value);
    } else if (strcmp(word, "own") == 0 && find(world, value) != NULL) {
        find(world, value)->facts.owner = world->grant.caller.user;
        ok = true;
    } else if (strcmp(word, "hide") == 0 && find(world, value) != NULL) {
        find(world, value)->hidden = true;
        ok = true;
    } else if (strcmp(word, "fail") == 0) {
        ok = set_fault(world, value);
    } else if (strcmp(word, "abort") == 0) {
        ok = set_abort(world, value);
    } else if (strcmp(word, "no-allocations") == 0) {
        world->has_allocation = false;
        ok = true;
    } else if (strcmp(word, "hide-addresses") == 0) {
        ok = world->layout.objects.hides_addresses = true;
    } else if (strcmp(word, "busy") == 0) {
        atomic_set(&world->listings, 1);
        ok = true;
    } else if (strcmp(word, "no-statistics") == 0) {
        world->has_statistics = false;
        ok = true;
    }
    return ok ? NULL : "unknown or bad setting";
}

void golden_world_init(struct golden_world *world)
{
    *world = (struct golden_world){
        .grant.rights = RIGHTS_ALL, .has_allocation = true, .has_statistics = true};
    statistics_init(&world->statistics, 0);
    device_map_init(&world->devices);
    if (!set_caller(world, "admin") ||
        device_map_add(&world->devices, DEVICE_VOLUME, SPAN("\\Device\\HarddiskVolume3"),
                       SPAN("C:")) != STATUS_OK ||
        device_map_add(&world->devices, DEVICE_VOLUME, SPAN("\\Device\\HarddiskVolume5"),
                       SPAN("D:\\mnt")) != STATUS_OK)
        abort();
}

void golden_world_release(struct golden_world *world)
{
    virtual_layout_release(&world->layout);
    device_map_release(&world->devices);
}

static void take_layout(struct golden_world *world, const struct virtual_layout *layout)
{
    virtual_layout_release(&world->layout);
    world->layout = *layout;
    world->has_allocation = true;
    atomic_set(&world->listings, 0);
    world->fail_at = 0;
    for (size_t i = 0; i < layout->names_len; i++)
        if (layout->names[i] == 0xfffd)
            layout->names[i] = 0xd800;
}

const char *golden_world_layout(struct golden_world *world, struct span text)
{
    struct virtual_layout layout;
    struct virtual_layout_error error;

    if (!virtual_layout_parse(text, &layout, &error))
        return error.message;
    take_layout(world, &layout);
    return NULL;
}

const char *golden_world_layout_file(struct golden_world *world, const char *path)
{
    struct virtual_layout layout;
    struct virtual_layout_error error;

    if (!virtual_layout_read(path, &layout, &error))
        return error.message;
    take_layout(world, &layout);
    return NULL;
}

/* A millisecond has passed when an answer looks at the clock after its beginning. */
static uint64_t golden_now_us(void *clock)
{
    bool *has_begun = clock;
    const uint64_t now_us = *has_begun ? 1000 : 0;

    *has_begun = true;
    return now_us;
}

bool golden_world_answer(struct golden_world *world, struct span request, struct buffer *out)
{
    static const struct server_info info = {.mode = "service",
                                            .host = "PC",
                                            .os_build = "10.0.19045",
                                            .boot_time = 134084791231234567u,
                                            .started = 134084791241234567u};
    struct virtual_platform virtual_;
    struct platform platform;
    bool clock = false;
    struct buffer lines;
    unsigned step = 1;

    virtual_layout_platform(&world->layout, &virtual_, &platform);
    virtual_.devices = &world->devices;
    virtual_.has_allocation = world->has_allocation;
    virtual_.fail_at = world->fail_at;
    virtual_.fail_with = world->fail_with;
    struct answer_context context = {.platform = &platform,
                                     .info = &info,
                                     .listings = &world->listings,
                                     .now_us = golden_now_us,
                                     .user_name = find_name,
                                     .clock = &clock,
                                     .statistics =
                                         world->has_statistics ? &world->statistics : NULL};
    server_limits_default(&context.limits, 1);
    struct answer *answer = answer_create(&context, &world->grant, request);
    if (answer == NULL)
        abort();
    buffer_init(&lines, ANSWER_OUTPUT_SIZE_MAX);
    do {
        if (step++ == world->abort_at)
            answer_abort(answer, world->abort_code, NULL);
        answer_run(answer, NULL, 0, OUTPUT_SIZE); /* one step */
        if (!answer_take(answer, &lines) || !buffer_append(out, buffer_span(&lines)))
            abort();
        buffer_clear(&lines);
    } while (!answer_is_over(answer));
    statistics_answered(context.statistics, answer_tally(answer));
    answer_destroy(answer);
    buffer_release(&lines);
    world->abort_at = 0;
    return virtual_.open_count == 0 && world->layout.objects.open_count == 0;
}
