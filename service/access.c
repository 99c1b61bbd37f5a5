#include "service/access.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/answer/reply.h"
#include "common/proto/protocol.h"
#include "common/text/number.h"
#include "common/text/utf.h"

#define SID_SYSTEM "S-1-5-18"
#define SID_INTERACTIVE "S-1-5-4"
#define SID_ADMINISTRATORS "S-1-5-32-544"
#define SID_TRUSTED_INSTALLER "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
#define SID_CREATOR_OWNER "S-1-3-0"
#define SID_OWNER_RIGHTS "S-1-3-4"

enum { NUMBER_DIGITS_MAX = 8, TABLE_COLUMN_GAP = 2 };

bool access_console_sddl(const struct sid *user, bool is_elevated, char *pipe_sddl,
                         char *access_sddl)
{
    char text[SID_TEXT_CAPACITY];

    sid_format(text, user);
    if (text[0] == '\0')
        return false;
    if (is_elevated)
        (void)snprintf(pipe_sddl, ACCESS_SDDL_CONSOLE_CAPACITY, PIPE_SDDL_ELEVATED_FORMAT, text);
    else
        (void)snprintf(pipe_sddl, ACCESS_SDDL_CONSOLE_CAPACITY, PIPE_SDDL_CONSOLE_FORMAT, text,
                       text);
    (void)snprintf(access_sddl, ACCESS_SDDL_CONSOLE_CAPACITY, ACCESS_SDDL_CONSOLE_FORMAT, text);
    return true;
}

static bool is_one_of(const char *sid, const char *const *sids)
{
    while (*sids != NULL && strcmp(sid, *sids) != 0)
        sids++;
    return *sids != NULL;
}

/* --- strangers --- */

static const char *const trusted[] = {SID_SYSTEM, SID_ADMINISTRATORS, SID_TRUSTED_INSTALLER, NULL};

/* True when the ACE gives a stranger one of `rights`. */
static bool opens(const struct ace *ace, const char *sid, uint32_t rights)
{
    static const char *const owners[] = {SID_CREATOR_OWNER, SID_OWNER_RIGHTS, NULL};
    const bool denies = ace->type == ACE_DENY || ace->type == ACE_DENY_OBJECT ||
                        ace->type == ACE_DENY_CALLBACK || ace->type == ACE_DENY_CALLBACK_OBJECT;

    return !denies && (ace->flags & ACE_INHERIT_ONLY) == 0 && (ace->mask & rights) != 0 &&
           !is_one_of(sid, trusted) && !is_one_of(sid, owners);
}

bool access_find_stranger(const struct descriptor *descriptor, uint32_t rights, char *reason)
{
    const uint32_t changing =
        rights | ACCESS_WRITE_DAC | ACCESS_WRITE_OWNER | ACCESS_GENERIC_ALL | ACCESS_GENERIC_WRITE;
    char sid[SID_TEXT_CAPACITY];

    sid_format(sid, &descriptor->owner);
    if (!is_one_of(sid, trusted)) {
        (void)snprintf(reason, ACCESS_REASON_CAPACITY, "%s%s",
                       sid[0] != '\0' ? "it is owned by " : "it has no owner", sid);
        return true;
    }
    if (!descriptor->dacl.is_present) {
        (void)snprintf(reason, ACCESS_REASON_CAPACITY, "it has no DACL: everyone has all rights");
        return true;
    }
    for (size_t i = 0; i < descriptor->dacl.count; i++) {
        const struct ace *ace = &descriptor->dacl.aces[i];
        sid_format(sid, &ace->sid);
        if (!opens(ace, sid, changing))
            continue;
        (void)snprintf(reason, ACCESS_REASON_CAPACITY, "%s may do 0x%08" PRIx32,
                       sid[0] != '\0' ? sid : "an ACE of an unknown type", ace->mask & changing);
        return true;
    }
    return false;
}

/* --- a name that is taken --- */

bool access_may_take_over(bool is_served, const struct descriptor *intended,
                          const struct descriptor *found)
{
    if (is_served || !sid_equal(&intended->owner, &found->owner) || !found->dacl.is_present ||
        found->dacl.count != intended->dacl.count)
        return false;
    for (size_t i = 0; i < found->dacl.count; i++) {
        const struct ace *ours = &intended->dacl.aces[i], *theirs = &found->dacl.aces[i];
        /* Windows stores GENERIC_ALL as what it means for a file. Source: winnt.h, FILE_ALL_ACCESS. */
        if (ours->type != theirs->type || ours->flags != theirs->flags ||
            !sid_equal(&ours->sid, &theirs->sid) ||
            (ours->mask != theirs->mask &&
             (ours->mask != ACCESS_GENERIC_ALL || theirs->mask != 0x1f01ff)))
            return false;
    }
    return true;
}

/* --- AccessSddl --- */

#define NOT_USABLE "not usable: " /* operators read it after "the value is" */
#define DIGITS "0123456789"

/* Moves `rest` past `word`, when it begins with that. */
static bool take(const char **rest, const char *word)
{
    const bool begins = strncmp(*rest, word, strlen(word)) == 0;

    *rest += begins ? strlen(word) : 0;
    return begins;
}

/* S-1-... up to its last digit, or two capitals. */
static bool take_sid(const char **rest)
{
    size_t size = 2;

    if (take(rest, "S-1-"))
        size = strspn(*rest, DIGITS) > 0 ? strspn(*rest, DIGITS "-xabcdef") : 0;
    else if (strspn(*rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < size)
        size = 0;
    *rest += size;
    return size > 0;
}

/* 0x1f or 31. A leading zero would make the number octal for Windows. */
static bool take_rights(const char **rest)
{
    const bool is_hex = take(rest, "0x");
    const struct span digits = {*rest, strspn(*rest, is_hex ? DIGITS "abcdefABCDEF" : DIGITS)};
    uint64_t rights = 0;

    *rest += digits.size;
    if (digits.size == 0 || digits.size > NUMBER_DIGITS_MAX || (!is_hex && digits.data[0] == '0'))
        return false;
    bool is_number =
        is_hex ? number_from_hex(digits, &rights) : number_from_decimal(digits, &rights);
    return is_number && rights > 0 && (rights & ~(uint64_t)RIGHTS_ALL) == 0;
}

static const char *take_ace(const char **rest, bool *has_allowed)
{
    if (take(rest, "(A;"))
        *has_allowed = true;
    else if (!take(rest, "(D;"))
        return NOT_USABLE "an ACE does not begin with (A; or (D;";
    else if (*has_allowed)
        return NOT_USABLE "an ACE that denies follows one that allows";
    if (!take(rest, ";"))
        return NOT_USABLE "an ACE has flags, which have no meaning here";
    if (!take_rights(rest))
        return NOT_USABLE "the rights of an ACE are not a number from 0x1 to 0x1f";
    if (!take(rest, ";;;"))
        return NOT_USABLE "an ACE has an object, which has no meaning here";
    if (!take_sid(rest))
        return NOT_USABLE "an ACE has no SID as S-1-... or as two letters";
    if (!take(rest, ")"))
        return NOT_USABLE "an ACE does not end after its SID";
    return NULL;
}

const char *access_sddl_check(const char *sddl)
{
    bool has_allowed = false;

    if (take(&sddl, "O:") && !take_sid(&sddl))
        return NOT_USABLE "its owner is not a SID";
    if (take(&sddl, "G:") && !take_sid(&sddl))
        return NOT_USABLE "its group is not a SID";
    if (!take(&sddl, "D:"))
        return NOT_USABLE "it has no D: part, or something else before it";
    while (take(&sddl, "P") || take(&sddl, "AI") || take(&sddl, "AR"))
        ;
    for (int count = 0; *sddl != '\0'; count++) {
        const char *why = count < ACCESS_SDDL_ACES_MAX ? take_ace(&sddl, &has_allowed)
                                                       : NOT_USABLE "it has more than 64 ACEs";
        if (why != NULL)
            return why;
    }
    return NULL;
}

/* Appends the part with this prefix, or `initial` when the text does not begin with it. */
static void complete_part(const char **rest, const char *prefix, const char *initial,
                          struct buffer *out)
{
    const char *const part = *rest;

    if (take(rest, prefix) && take_sid(rest))
        buffer_append(out, (struct span){part, (size_t)(*rest - part)});
    else
        buffer_text(out, initial);
}

bool access_sddl_complete(const char *sddl, struct buffer *out)
{
    complete_part(&sddl, "O:", ACCESS_SDDL_OWNER, out);
    complete_part(&sddl, "G:", ACCESS_SDDL_GROUP, out);
    return buffer_append(out, (struct span){sddl, strlen(sddl) + 1});
}

bool access_dacl_is_plain(const struct acl *dacl)
{
    if (!dacl->is_present || dacl->count > ACCESS_ACES_MAX)
        return false;
    for (size_t i = 0; i < dacl->count; i++) {
        const struct ace *ace = &dacl->aces[i];
        if (ace->flags != 0 || ace->sid.size == 0 ||
            (ace->type != ACE_ALLOW && ace->type != ACE_DENY))
            return false;
    }
    return true;
}

/* The first ACE that grants a SID a right. */
static const struct ace *find_grant(const struct acl *dacl, const struct sid *sid)
{
    const struct ace *ace = dacl->aces, *const end = dacl->aces + dacl->count;

    while (ace < end &&
           (ace->type != ACE_ALLOW || (ace->mask & RIGHTS_ALL) == 0 || !sid_equal(&ace->sid, sid)))
        ace++;
    return ace;
}

bool access_pipe_sddl(const struct acl *dacl, struct buffer *out)
{
    /* PIPE_SDDL_BEGIN names them. */
    static const char *const named[] = {SID_SYSTEM, SID_ADMINISTRATORS, SID_INTERACTIVE, NULL};

    buffer_text(out, PIPE_SDDL_BEGIN);
    for (size_t i = 0; i < dacl->count; i++) {
        const struct ace *ace = &dacl->aces[i];
        char sid[SID_TEXT_CAPACITY];
        sid_format(sid, &ace->sid);
        if (find_grant(dacl, &ace->sid) == ace && !is_one_of(sid, named))
            buffer_format(out, PIPE_SDDL_ACE_FORMAT, sid);
    }
    return buffer_append(out, (struct span){PIPE_SDDL_END, sizeof PIPE_SDDL_END});
}

/* --- the table --- */

size_t access_rows(const struct acl *dacl, struct access_row rows[ACCESS_ACES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < dacl->count; i++) {
        const struct ace *ace = &dacl->aces[i];
        const uint32_t rights = ace->mask & RIGHTS_ALL;
        size_t index = 0;

        while (index < count && !sid_equal(&rows[index].sid, &ace->sid))
            index++;
        if (index == count)
            rows[count++] = (struct access_row){.sid = ace->sid};
        struct access_row *row = &rows[index];
        if (ace->type == ACE_DENY)
            row->denied |= rights & ~row->allowed;
        else
            row->allowed |= rights & ~row->denied;
    }
    return count;
}

/* Characters, not bytes. */
static size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += !utf8_is_continuation(*text);
    return width;
}

static void append_column(struct buffer *out, const char *text, size_t width)
{
    buffer_format(out, "%s%*s", text, (int)(width + TABLE_COLUMN_GAP - text_width(text)), "");
}

static void append_rights(struct buffer *out, uint32_t rights)
{
    static const char *const words[] = {"info", "own processes", "every process",
                                        "addresses of others", "statistics"}; /* by bit */
    const char *separator = "";

    if (rights == 0)
        buffer_text(out, "nothing");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((rights >> i & 1) == 0)
            continue;
        buffer_format(out, "%s%s", separator, words[i]);
        separator = ", ";
    }
}

/* The name of the account, or its SID again. */
static const char *row_name(const struct access_row *row, char sid[SID_TEXT_CAPACITY])
{
    sid_format(sid, &row->sid);
    return row->name[0] != '\0' ? row->name : sid;
}

static void format_text(const struct access_table *table, struct buffer *out)
{
    static const char filtered_name[] = "an administrator who did not elevate";
    static const char *const filtered_words[] = {
        [FILTERED_ADMINS_FULL] = "also what the elevated token would get (FilteredAdmins is full)",
        [FILTERED_ADMINS_NO_ADDRESSES] =
            ("also what the elevated token would get, except addresses "
             "of others (FilteredAdmins is no-addresses)"),
        [FILTERED_ADMINS_OFF] =
            "what is granted above to the other groups of the user (FilteredAdmins is off)",
    };
    size_t name_width = sizeof filtered_name - 1, sid_width = sizeof "SID" - 1;
    char sid[SID_TEXT_CAPACITY];

    for (size_t i = 0; i < table->count; i++) {
        size_t width = text_width(row_name(&table->rows[i], sid));
        name_width = width > name_width ? width : name_width;
        sid_width = strlen(sid) > sid_width ? strlen(sid) : sid_width;
    }
    buffer_format(out, "DACL: %s%s%s\n", table->source,
                  table->refusal != NULL ? ", because the value of " : "",
                  table->refusal != NULL ? table->refusal : "");
    buffer_append(out, table->sddl);
    buffer_text(out, "\n\n");
    append_column(out, "WHO", name_width);
    append_column(out, "SID", sid_width);
    buffer_text(out, "MAY ASK FOR\n");
    for (size_t i = 0; i < table->count; i++) {
        append_column(out, row_name(&table->rows[i], sid), name_width);
        append_column(out, sid, sid_width);
        append_rights(out, table->rows[i].allowed);
        if (table->rows[i].denied != 0) {
            buffer_text(out, "; never ");
            append_rights(out, table->rows[i].denied);
        }
        buffer_text(out, "\n");
    }
    append_column(out, filtered_name, name_width);
    append_column(out, "-", sid_width);
    buffer_format(out, "%s\n", filtered_words[table->filtered_admins]);
}

static bool format_json(const struct access_table *table, struct buffer *out)
{
    struct json_writer writer;
    char sid[SID_TEXT_CAPACITY];

    json_line_begin(&writer, out);
    json_text(&writer, "type", "dacl");
    json_text(&writer, "source", table->source);
    json_text(&writer, "refused", table->refusal);
    json_string(&writer, "sddl", table->sddl);
    json_text(&writer, "filtered_admins", filtered_admins_name(table->filtered_admins));
    bool fits = json_line_end(&writer);
    for (size_t i = 0; i < table->count && fits; i++) {
        const struct access_row *row = &table->rows[i];

        sid_format(sid, &row->sid);
        json_line_begin(&writer, out);
        json_text(&writer, "type", "access");
        json_text(&writer, "sid", sid);
        json_text(&writer, "name", row->name[0] != '\0' ? row->name : NULL);
        json_name(&writer, "allowed");
        reply_put_rights(&writer, row->allowed);
        json_name(&writer, "denied");
        reply_put_rights(&writer, row->denied);
        fits = json_line_end(&writer);
    }
    return fits;
}

bool access_table_format(const struct access_table *table, bool json, struct buffer *out)
{
    if (json)
        return format_json(table, out);
    format_text(table, out);
    return !out->failed;
}
