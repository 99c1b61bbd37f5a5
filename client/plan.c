#include "client/plan.h"

#include <string.h>

#include "common/base/assertion.h"

static bool is_scan(const struct options *options)
{
    return options->command == COMMAND_MAPS || options->command == COMMAND_PS;
}

static enum request_op op_of(enum command command)
{
    switch (command) {
    case COMMAND_PS:
        return OP_PROCESSES;
    case COMMAND_INFO:
        return OP_INFO;
    case COMMAND_WHOAMI:
        return OP_WHOAMI;
    case COMMAND_STATS:
        return OP_STATS;
    case COMMAND_MAPS:
    case COMMAND_USAGE:
    case COMMAND_HELP:
    case COMMAND_VERSION:
    case COMMAND_DIFF:
        break;
    }
    return OP_MAPS;
}

size_t plan_count(const struct options *options)
{
    if (options->command == COMMAND_USAGE || options->command == COMMAND_HELP ||
        options->command == COMMAND_VERSION || options->command == COMMAND_DIFF)
        return 0;
    if (!is_scan(options) || options->all)
        return 1;
    return (options->pids_count > 0 ? 1 : 0) + options->names_count;
}

static void select_processes(const struct options *options, size_t index, struct request *request)
{
    request->all = options->all;
    if (options->all)
        return;
    if (options->pids_count > 0 && index == 0) {
        request->pids_count = options->pids_count;
        memcpy(request->pids, options->pids, options->pids_count * sizeof options->pids[0]);
    } else {
        request->names[0] = options->names[index - (options->pids_count > 0 ? 1 : 0)];
        request->names_count = 1;
    }
}

void plan_request(const struct options *options, size_t index, struct request *request)
{
    ASSERT(index < plan_count(options));
    request_init(request, op_of(options->command));
    request->id.type = REQUEST_ID_INT;
    request->id.number = (int64_t)index + 1;
    if (!is_scan(options))
        return;
    select_processes(options, index, request);
    request->own = options->own;
    request->debug = options->debug;
    if (options->command != COMMAND_MAPS)
        return;
    if (options->kinds != 0)
        request->kinds = options->kinds;
    request->paths[0] = options->path;
    request->paths_count = options->path.size > 0 ? 1 : 0;
    request->has_address = options->has_address;
    request->address = options->address;
    request->detail = options->detail;
}
