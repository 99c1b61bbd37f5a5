#include "client/spelling.h"

#include <inttypes.h>
#include <string.h>

#include "client/show/text.h"
#include "common/base/assertion.h"
#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/text/fold.h"
#include "common/text/pattern.h"

static bool is_separator(char byte)
{
    return byte == '\\' || byte == '/';
}

static bool has_drive(struct span text)
{
    return text.size >= 2 && ascii_lower(text.data[0]) >= 'a' && ascii_lower(text.data[0]) <= 'z' &&
           text.data[1] == ':';
}

static bool starts_with(struct span text, struct span prefix)
{
    return text.size >= prefix.size &&
           span_equal_ascii_nocase((struct span){text.data, prefix.size}, prefix);
}

/* Bytes of the prefix \\?\ or \\.\, with either separator; 0: there is none. */
static size_t prefix_size(struct span text)
{
    return text.size >= 4 && is_separator(text.data[0]) && is_separator(text.data[1]) &&
                   (text.data[2] == '?' || text.data[2] == '.') && is_separator(text.data[3])
               ? 4
               : 0;
}

bool spelling_has_wildcard(struct span text)
{
    for (size_t i = prefix_size(text); i < text.size; i++)
        if (text.data[i] == '*' || text.data[i] == '?')
            return true;
    return false;
}

bool spelling_is_bare(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (is_separator(text.data[i]))
            return false;
    return !has_drive(text);
}

struct span spelling_of_pattern(struct span text)
{
    const struct span rest = span_from(text, prefix_size(text));

    return has_drive(rest) ? rest : text;
}

bool spelling_can_match(struct span pattern)
{
    const struct span rest = span_from(pattern, 1);

    if (spelling_is_bare(pattern) || pattern.data[0] == '*' || pattern.data[0] == '?')
        return true;
    if (is_separator(pattern.data[0]))
        return rest.size > 0 &&
               (is_separator(rest.data[0]) || rest.data[0] == '*' ||
                starts_with(rest, SPAN("Device\\")) || starts_with(rest, SPAN("??\\")));
    return has_drive(pattern) && pattern.size > 2 &&
           (is_separator(pattern.data[2]) || pattern.data[2] == '*' || pattern.data[2] == '?');
}

static bool is_component(struct span text, struct span name)
{
    return starts_with(text, name) &&
           (text.size == name.size || is_separator(text.data[name.size]));
}

/* SERVER\SHARE...; named pipes and mailslots look like shares. */
static bool is_share(struct span text)
{
    size_t server = 0;

    while (server < text.size && !is_separator(text.data[server]))
        server++;
    struct span share = span_from(text, server < text.size ? server + 1 : server);
    return server > 0 && share.size > 0 && !is_component(share, SPAN("pipe")) &&
           !is_component(share, SPAN("mailslot"));
}

bool spelling_to_open(struct span full, struct buffer *out)
{
    const size_t prefix = prefix_size(full);
    struct span rest = span_from(full, prefix);
    struct span before = SPAN("\\\\?\\");
    bool good;

    buffer_clear(out);
    if (starts_with(full, SPAN("\\Device\\"))) {
        good = starts_with(full, SPAN("\\Device\\Harddisk"));
        before = SPAN("\\\\?\\GLOBALROOT");
    } else if (prefix == 0 && starts_with(full, SPAN("\\\\"))) {
        rest = span_from(full, 2);
        good = is_share(rest);
        before = SPAN("\\\\?\\UNC\\");
    } else if (prefix > 0 && starts_with(rest, SPAN("UNC\\"))) {
        good = is_share(span_from(rest, 4));
    } else {
        good = (has_drive(rest) && rest.size > 2 && is_separator(rest.data[2])) ||
               (prefix > 0 && (starts_with(rest, SPAN("Volume{")) ||
                               starts_with(rest, SPAN("GLOBALROOT\\Device\\Harddisk"))));
    }
    return good && buffer_append(out, before) && buffer_append(out, rest);
}

void spelling_from_final(struct span final, struct buffer *out)
{
    struct span rest = span_from(final, prefix_size(final));
    bool is_unc = rest.size < final.size && starts_with(rest, SPAN("UNC\\"));

    buffer_clear(out);
    buffer_text(out, is_unc ? "\\" : "");
    buffer_append(out, is_unc ? span_from(rest, 3) : has_drive(rest) ? rest : final);
}

/* --- who has the files --- */

enum { NOTES_SIZE_MAX = 64 * 1024, OTHERS_MAX = 64 * 1024 };

/* A process that uses an item of the list. */
struct asked_user {
    uint32_t pid, item;
    bool is_done;       /* the walk found it mapped, or its row was made */
    bool is_incomplete; /* its walk */
};

/* A name that an item has, too. */
struct asked_other {
    struct span name; /* in the store */
    size_t item;
    bool is_link;
};

/* The next user with this pid that is not done, from *index on; NULL: there is none. */
static struct asked_user *next_user(struct asked_list *list, const struct row *row, size_t *index)
{
    struct asked_user *users = (struct asked_user *)(void *)list->users.data;
    const size_t count = list->users.size / sizeof *users;
    const uint64_t pid = row_number(row, MEMBER_PID, UINT64_MAX);

    while (*index < count && (users[*index].is_done || users[*index].pid != pid))
        (*index)++;
    return *index < count ? &users[(*index)++] : NULL;
}

void asked_init(struct asked_list *list)
{
    *list = (struct asked_list){.count = 0};
    store_init(&list->store);
    buffer_init(&list->users, ASKED_USERS_MAX * sizeof(struct asked_user));
    buffer_init(&list->notes, NOTES_SIZE_MAX);
    buffer_init(&list->others, OTHERS_MAX * sizeof(struct asked_other));
}

void asked_release(struct asked_list *list)
{
    store_release(&list->store);
    buffer_release(&list->users);
    buffer_release(&list->notes);
    buffer_release(&list->others);
}

struct asked *asked_add(struct asked_list *list, enum asked_kind kind, struct span name)
{
    ASSERT(list->count < ASKED_MAX);
    struct asked *item = &list->items[list->count++];

    *item = (struct asked){kind, name, NTSTATUS_NOT_IMPLEMENTED, ""};
    if (store_keep(&list->store, &item->name))
        return item;
    item->name = SPAN("");
    list->failed = true;
    return item;
}

static void add_glob(struct asked_list *list, size_t index, struct span name, bool is_counted)
{
    struct buffer text;

    buffer_init(&text, NAME_SIZE_MAX + 2);
    buffer_append(&text, name);
    if (list->items[index].kind == ASKED_FOLDER)
        buffer_text(&text, name.size > 0 && name.data[name.size - 1] == '\\' ? "*" : "\\*");
    struct span glob = buffer_span(&text);
    /* Backslashes are escaped; so are control characters, which no file name has. */
    size_t size = 2 * glob.size + 3, known = 0;
    while (known < list->globs_count &&
           (list->owners[known] != index || !fold_equal(glob, list->globs[known])))
        known++;
    if (known < list->globs_count) {
        list->failed = list->failed || text.failed;
    } else if (known == REQUEST_PATHS_MAX || size > ASKED_SIZE_MAX - list->globs_size) {
        list->dropped += is_counted;
    } else if (text.failed || !store_keep(&list->store, &glob)) {
        list->failed = true;
    } else {
        list->owners[known] = index;
        list->globs[known] = glob;
        list->globs_count++;
        list->globs_size += size;
    }
    buffer_release(&text);
}

void asked_add_glob(struct asked_list *list, struct span name)
{
    add_glob(list, list->count - 1, name, true);
}

void asked_keep_other(struct asked_list *list, struct span name, bool is_link)
{
    struct asked_other other = {name, list->count - 1, is_link};

    if (!store_keep(&list->store, &other.name) ||
        !buffer_append(&list->others, (struct span){(const char *)&other, sizeof other}))
        list->failed = true;
}

void asked_add_others(struct asked_list *list)
{
    const struct asked_other *others = (const struct asked_other *)(const void *)list->others.data;

    for (size_t i = 0; i < list->others.size / sizeof *others; i++)
        add_glob(list, others[i].item, others[i].name, others[i].is_link);
    buffer_clear(&list->others);
}

void asked_add_user(struct asked_list *list, uint32_t pid)
{
    const struct asked_user user = {pid, (uint32_t)list->count - 1, false, false};

    if (!buffer_append(&list->users, (struct span){(const char *)&user, sizeof user}))
        list->failed = true;
}

static bool has_path(const struct asked_list *list, size_t item, struct span path)
{
    for (size_t i = 0; i < list->globs_count && path.size > 0; i++)
        if (list->owners[i] == item && glob_match_path(list->globs[i], path, NULL))
            return true;
    return false;
}

void who_add(struct asked_list *list, const struct row *row)
{
    struct asked_user *user;

    for (size_t i = 0; (user = next_user(list, row, &i)) != NULL;) {
        const struct asked *item = &list->items[user->item];
        user->is_incomplete = user->is_incomplete || row->type == ROW_PROCESS_ERROR;
        if (row->type == ROW_MAP && item->kind == ASKED_FILE) /* a folder is not mapped */
            user->is_done = has_path(list, user->item, row_text(row, MEMBER_PATH)) ||
                            has_path(list, user->item, row_text(row, MEMBER_DEVICE_PATH));
    }
}

bool who_open(struct asked_list *list, const struct row *process, struct row *open)
{
    size_t i = 0;
    struct asked_user *user = next_user(list, process, &i);
    struct span name = row_text(process, MEMBER_NAME);

    if (user == NULL)
        return false;
    struct span path = list->items[user->item].name;
    user->is_done = true;
    row_begin(open, ROW_OPEN);
    row_set_number(open, MEMBER_PID, user->pid);
    row_set_text(open, MEMBER_PROCESS, name);
    row_set_text(open, MEMBER_KIND, SPAN("open"));
    row_set_text(open, MEMBER_PATH, path);
    if (!user->is_incomplete)
        return true;
    buffer_text(&list->notes, PRODUCT_NAME ": ");
    display_text(&list->notes, name.size > 0 ? name : SPAN("process"));
    buffer_format(&list->notes, " (%" PRIu32 ") uses ", user->pid);
    display_text(&list->notes, path);
    buffer_text(&list->notes, " but could not be read completely: it may have it mapped, too\n");
    return true;
}

bool who_request(struct asked_list *list, struct request *request)
{
    const struct asked_user *users = (const struct asked_user *)(const void *)list->users.data;
    const size_t count = list->users.size / sizeof *users;
    const struct request_id id = request->id;
    const bool own = request->own;

    request_init(request, OP_PROCESSES);
    request->id = id;
    request->own = own;
    for (size_t i = 0; i < count; i++) {
        size_t known = 0;
        while (known < request->pids_count && request->pids[known] != users[i].pid)
            known++;
        if (users[i].is_done || known < request->pids_count)
            continue;
        if (known < REQUEST_PIDS_MAX)
            request->pids[request->pids_count++] = users[i].pid;
        else
            list->dropped++;
    }
    return request->pids_count > 0;
}

/* True when it is not known who has it open, for another reason than `expected`, an NTSTATUS. */
static bool has_gap(const struct asked *item, uint32_t expected)
{
    return item->kind == ASKED_CLOSED || item->kind == ASKED_UNKNOWN ||
           ((item->kind == ASKED_FILE || item->kind == ASKED_FOLDER) &&
            item->users_status != NTSTATUS_OK && item->users_status != expected);
}

bool who_has_gap(const struct asked_list *list, uint32_t expected)
{
    for (size_t i = 0; i < list->count; i++)
        if (has_gap(&list->items[i], expected))
            return true;
    return false;
}

/* NAME exists; no process has it mapped or open */
static void put_nobody(const struct asked *item, bool is_own, struct buffer *out)
{
    static const struct {
        const char *state, *what[2]; /* [1]: also who has it open is known */
    } words[] = {
        [ASKED_PATTERN] = {"", {"has a file mapped that matches \""}},
        [ASKED_MISSING] = {" does not exist; ", {"has it mapped"}},
        [ASKED_CLOSED] = {" exists; ", {"has it mapped"}},
        [ASKED_UNKNOWN] = {" could not be looked at; ", {"has it mapped"}},
        [ASKED_FILE] = {" exists; ", {"has it mapped", "has it mapped or open"}},
        [ASKED_FOLDER] = {
            " exists; ", {"has a file below it mapped", "has it open, or a file below it mapped"}}};
    const bool is_pattern = item->kind == ASKED_PATTERN;

    display_text(out, is_pattern ? SPAN("") : item->name);
    buffer_format(out, "%sno process %s%s", words[item->kind].state, is_own ? "of yours " : "",
                  words[item->kind].what[item->users_status == NTSTATUS_OK]);
    display_text(out, is_pattern ? item->name : SPAN(""));
    buffer_text(out, is_pattern ? "\"" : "");
}

void who_report(const struct asked_list *list, bool is_found, bool is_own, struct buffer *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct asked *item = &list->items[i];
        bool is_below = item->kind == ASKED_FOLDER && item->users_status == NTSTATUS_OK;
        bool is_gap = item->kind == ASKED_FOLDER || has_gap(item, NTSTATUS_OK);
        if (is_found && !is_gap)
            continue;
        buffer_text(out, PRODUCT_NAME ": ");
        if (is_found)
            display_text(out, item->name);
        else
            put_nobody(item, is_own, out);
        if (is_gap)
            buffer_format(out, "%s open files %swere not looked at", is_found ? ":" : ";",
                          is_below ? "below it " : "");
        if (item->error[0] != '\0')
            buffer_format(out, ": %s", item->error);
        else if (is_gap && !is_below)
            buffer_format(out, ": Windows does not list them here (0x%08" PRIx32 ")",
                          item->users_status);
        buffer_text(out, "\n");
    }
    buffer_append(out, buffer_span(&list->notes));
}

void who_report_dropped(const struct asked_list *list, struct buffer *out)
{
    if (list->dropped > 0)
        buffer_format(out,
                      PRODUCT_NAME
                      ": one request has no room for all names and users: %zu were not "
                      "looked for\n",
                      list->dropped);
}
