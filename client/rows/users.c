#include "client/rows/users.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/bounds.h"

enum { KINDS_CAPACITY = 64 };

static struct user *items_of(const struct users *users)
{
    return (struct user *)(void *)users->items.data;
}

void users_init(struct users *users)
{
    *users = (struct users){.count = 0};
    store_init(&users->store);
    buffer_init(&users->items, 4 * PROCESSES_MAX * sizeof(struct user));
}

void users_release(struct users *users)
{
    store_release(&users->store);
    buffer_release(&users->items);
    users->count = 0;
}

/* The last process with this pid; a new one when there is none, or when its row has come. NULL without memory. */
static struct user *find(struct users *users, uint32_t pid, bool is_new)
{
    struct user *items = items_of(users);
    struct user user = {.pid = pid};

    for (size_t i = users->count; i > 0 && !is_new; i--)
        if (items[i - 1].pid == pid)
            return &items[i - 1];
    if (!buffer_append(&users->items, (struct span){(const char *)&user, sizeof user}))
        return NULL;
    return &items_of(users)[users->count++];
}

static bool keep(struct users *users, const struct row *row, enum row_member member,
                 struct span *text)
{
    *text = row_text(row, member);
    return text->size == 0 || store_keep(&users->store, text);
}

static bool add_process(struct users *users, struct user *user, const struct row *row)
{
    return keep(users, row, MEMBER_START, &user->start) &&
           keep(users, row, MEMBER_NAME, &user->name) &&
           keep(users, row, MEMBER_PROTECTION, &user->protection) &&
           keep(users, row, MEMBER_OWNER, &user->owner) &&
           keep(users, row, MEMBER_SERVICES, &user->services);
}

static bool add_use(struct users *users, struct user *user, const struct row *row)
{
    struct span kind = row_text(row, MEMBER_KIND), path = row_text(row, MEMBER_PATH);
    size_t i = 0;

    if (path.size == 0)
        path = row_text(row, MEMBER_DEVICE_PATH);
    while (i < USER_KINDS_MAX && user->kinds[i].size > 0 && !span_equal(kind, user->kinds[i]))
        i++;
    if (i < USER_KINDS_MAX && user->kinds[i].size == 0 &&
        !keep(users, row, MEMBER_KIND, &user->kinds[i]))
        return false;
    if (user->name.size == 0 && !keep(users, row, MEMBER_PROCESS, &user->name))
        return false;
    if (user->path.size > 0) {
        user->others += path_compare(path, user->path) != 0;
        return true;
    }
    user->path = path;
    return path.size == 0 || store_keep(&users->store, &user->path);
}

bool users_add(struct users *users, const struct row *row)
{
    bool is_process = row->type == ROW_PROCESS;

    if (!is_process && row->type != ROW_MAP && row->type != ROW_OPEN)
        return true;
    struct user *user = find(users, (uint32_t)row_number(row, MEMBER_PID, 0), is_process);
    if (user == NULL)
        return false;
    return is_process ? add_process(users, user, row) : add_use(users, user, row);
}

/* "C:\\a.dll and 3 more" */
static void set_path(struct row *row, const struct user *user)
{
    struct buffer text;

    buffer_init(&text, NAME_SIZE_MAX + KINDS_CAPACITY);
    buffer_append(&text, user->path);
    if (user->others > 0)
        buffer_format(&text, " and %" PRIu64 " more", user->others);
    row->failed = buffer_failed(&text) || row->failed;
    row_set_text(row, MEMBER_PATH, buffer_span(&text));
    buffer_release(&text);
}

void users_row(const struct users *users, size_t index, struct row *row)
{
    const struct user *user = &items_of(users)[index];
    char kinds[KINDS_CAPACITY] = "";
    size_t size = 0;

    for (size_t i = 0; i < USER_KINDS_MAX && user->kinds[i].size > 0; i++) {
        int added = snprintf(kinds + size, sizeof kinds - size, "%s%.*s", i > 0 ? "," : "",
                             (int)user->kinds[i].size, user->kinds[i].data);
        if (added > 0 && (size_t)added < sizeof kinds - size)
            size += (size_t)added;
    }
    row_begin(row, ROW_USER);
    row_set_number(row, MEMBER_PID, user->pid);
    row_set_text(row, MEMBER_PROCESS, user->name);
    row_set_text(row, MEMBER_KIND, (struct span){kinds, size});
    set_path(row, user);
    row_set_text(row, MEMBER_PROTECTION, user->protection);
    row_set_text(row, MEMBER_OWNER, user->owner);
    row_set_text(row, MEMBER_SERVICES, user->services);
}

bool users_has(const struct users *users, const struct users *other, size_t index)
{
    const struct user *wanted = &items_of(other)[index];

    for (size_t i = 0; i < users->count; i++) {
        const struct user *user = &items_of(users)[i];
        if (user->pid == wanted->pid && span_equal(user->start, wanted->start))
            return true;
    }
    return false;
}
