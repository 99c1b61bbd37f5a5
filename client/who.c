#include "client/who.h"

#include <inttypes.h>

#include "client/show/text.h"
#include "common/scan/nt_status.h"

enum { NOTES_SIZE_MAX = 64 * 1024 };

enum who_state {
    WHO_GONE,   /* there is no such process any more */
    WHO_HERE,   /* the second reply has it */
    WHO_HIDDEN, /* the caller may know nothing of it, or it found no room in the request */
    WHO_DONE    /* mapped, or its row was made */
};

/* A process that uses an item of the list. */
struct who_user {
    uint32_t pid;
    uint32_t item;
    enum who_state state;
    bool has_row;       /* in the first reply */
    bool is_incomplete; /* its walk */
};

static struct who_user *users_of(const struct who *who)
{
    return (struct who_user *)(void *)who->users.data;
}

void who_init(struct who *who, const struct asked_list *asked, uint32_t self)
{
    *who = (struct who){.asked = asked};
    buffer_init(&who->users, ASKED_USERS_MAX * sizeof(struct who_user));
    buffer_init(&who->notes, NOTES_SIZE_MAX);
    for (size_t i = 0; asked != NULL && i < asked->count; i++) {
        const struct asked *item = &asked->items[i];
        for (size_t k = 0; k < item->users_count; k++) {
            struct who_user user = {.pid = asked_user(asked, item->users_index + k),
                                    .item = (uint32_t)i};
            if (user.pid == self)
                continue;
            who->failed =
                !buffer_append(&who->users, (struct span){(const char *)&user, sizeof user}) ||
                who->failed;
        }
    }
    who->count = who->users.size / sizeof(struct who_user);
}

void who_release(struct who *who)
{
    buffer_release(&who->users);
    buffer_release(&who->notes);
}

void who_add(struct who *who, const struct row *row)
{
    struct who_user *users = users_of(who);
    uint64_t pid = row_number(row, MEMBER_PID, UINT64_MAX);

    for (size_t i = 0; i < who->count; i++) {
        const struct asked *item = &who->asked->items[users[i].item];
        if (users[i].pid != pid)
            continue;
        if (row->type == ROW_PROCESS)
            users[i].has_row = true;
        else if (row->type == ROW_PROCESS_ERROR)
            users[i].is_incomplete = true;
        else if (row->type == ROW_MAP && item->kind == ASKED_FILE && users[i].state != WHO_DONE &&
                 asked_has_path(who->asked, item, row_text(row, MEMBER_PATH),
                                row_text(row, MEMBER_DEVICE_PATH)))
            users[i].state = WHO_DONE;
    }
}

bool who_request(struct who *who, struct request *request)
{
    struct who_user *users = users_of(who);
    struct request_id id = request->id;

    who->own = request->own;
    request_init(request, OP_PROCESSES);
    request->id = id;
    request->own = who->own;
    for (size_t i = 0; i < who->count; i++) {
        size_t known = 0;
        while (known < request->pids_count && request->pids[known] != users[i].pid)
            known++;
        if (users[i].state == WHO_DONE || known < request->pids_count)
            continue;
        if (request->pids_count < REQUEST_PIDS_MAX)
            request->pids[request->pids_count++] = users[i].pid;
        else if (!who->own)
            users[i].state = WHO_HIDDEN;
    }
    return request->pids_count > 0;
}

bool who_add_process(struct who *who, const struct row *row)
{
    struct who_user *users = users_of(who);
    uint64_t pid = row_number(row, MEMBER_PID, UINT64_MAX);
    bool is_denied = row->type == ROW_PROCESS_ERROR && !who->own &&
                     span_equal(row_text(row, MEMBER_CODE), SPAN("denied"));
    bool is_new = row->type == ROW_PROCESS;

    for (size_t i = 0; i < who->count; i++) {
        if (users[i].pid != pid || users[i].state == WHO_DONE)
            continue;
        is_new = is_new && !users[i].has_row;
        if (row->type == ROW_PROCESS)
            users[i].state = WHO_HERE;
        else if (is_denied)
            users[i].state = WHO_HIDDEN;
    }
    return is_new;
}

bool who_open(struct who *who, const struct row *process, struct row *row)
{
    struct who_user *users = users_of(who);
    const enum who_state wanted = process != NULL ? WHO_HERE : WHO_HIDDEN;
    struct span name = process != NULL ? row_text(process, MEMBER_NAME) : SPAN("");
    size_t i = 0;

    while (i < who->count &&
           (users[i].state != wanted ||
            (process != NULL && users[i].pid != row_number(process, MEMBER_PID, 0))))
        i++;
    if (i == who->count)
        return false;
    struct span path = who->asked->items[users[i].item].name;
    users[i].state = WHO_DONE;
    row_begin(row, ROW_OPEN);
    row_set_number(row, MEMBER_PID, users[i].pid);
    row_set_text(row, MEMBER_PROCESS, name);
    row_set_text(row, MEMBER_KIND, SPAN("open"));
    row_set_text(row, MEMBER_PATH, path);
    if (users[i].is_incomplete) {
        buffer_text(&who->notes, PRODUCT_NAME ": ");
        display_text(&who->notes, name.size > 0 ? name : SPAN("process"));
        buffer_format(&who->notes, " (%" PRIu32 ") uses ", users[i].pid);
        display_text(&who->notes, path);
        buffer_text(&who->notes, " but could not be read completely: it may have it mapped, too\n");
    }
    return true;
}

/* NAME exists; no process has it mapped or open */
static void put_nobody(const struct asked *item, bool is_own, struct buffer *out)
{
    static const char *const exists[] = {[ASKED_PATTERN] = "",
                                         [ASKED_MISSING] = " does not exist; ",
                                         [ASKED_CLOSED] = " exists; ",
                                         [ASKED_FILE] = " exists; ",
                                         [ASKED_FOLDER] = " exists; "};
    bool is_answered = item->users_status == NTSTATUS_OK;
    const char *what = " has it mapped";

    if (item->kind == ASKED_FOLDER)
        what =
            is_answered ? " has it open, or a file below it mapped" : " has a file below it mapped";
    else if (item->kind == ASKED_FILE && is_answered)
        what = " has it mapped or open";
    else if (item->kind == ASKED_PATTERN)
        what = " has a file mapped that matches \"";
    if (item->kind != ASKED_PATTERN)
        display_text(out, item->name);
    buffer_format(out, "%sno process%s%s", exists[item->kind], is_own ? " of yours" : "", what);
    if (item->kind == ASKED_PATTERN) {
        display_text(out, item->name);
        buffer_text(out, "\"");
    }
}

void who_report(const struct who *who, bool is_found, bool is_own, struct buffer *out)
{
    for (size_t i = 0; i < who->asked->count; i++) {
        const struct asked *item = &who->asked->items[i];
        bool is_folder = item->kind == ASKED_FOLDER;
        bool is_answered = item->users_status == NTSTATUS_OK;
        bool lacks_open =
            item->kind == ASKED_CLOSED || is_folder || (item->kind == ASKED_FILE && !is_answered);
        if (is_found && !lacks_open)
            continue;
        buffer_text(out, PRODUCT_NAME ": ");
        if (is_found)
            display_text(out, item->name);
        else
            put_nobody(item, is_own, out);
        if (lacks_open) {
            buffer_text(out, is_found ? ": " : "; ");
            buffer_text(out, is_folder && is_answered ? "open files below it were not looked at"
                                                      : "open files were not looked at: ");
        }
        if (item->kind == ASKED_CLOSED)
            display_text(out, span_from_string(item->error));
        else if (lacks_open && !is_answered)
            buffer_format(out, "Windows does not list them here (0x%08" PRIx32 ")",
                          item->users_status);
        buffer_text(out, "\n");
    }
    if (who->asked->globs_dropped > 0)
        buffer_format(out,
                      PRODUCT_NAME ": these files have more names than fit one request: %zu were "
                                   "not looked for\n",
                      who->asked->globs_dropped);
    buffer_append(out, buffer_span(&who->notes));
}
