/* The access list as a table for people and scripts: who gets which rights.
 *
 * Pure: the entries come from the bytes of the descriptor that callers are really checked against,
 * so the table shows what counts, whoever wrote it and however.
 */
#ifndef SERVICE_ACCESS_TABLE_H
#define SERVICE_ACCESS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/base/sid.h"
#include "common/text/buffer.h"
#include "service/access_sddl.h"
#include "service/policy.h"

/* The built-in entries have room beside those of the setting. */
enum { ACCESS_ENTRIES_MAX = ACCESS_SDDL_ENTRIES_MAX + 8 };

struct access_entry {
    struct sid sid;
    bool is_deny;
    uint32_t mask; /* RIGHT_* */
};

struct access_list {
    size_t count;
    struct access_entry entries[ACCESS_ENTRIES_MAX];
};

/* Reads a self-relative descriptor.
 * list  Set on success, untouched on failure.
 * Returns false when it is malformed, has no list (which would let everybody do everything), holds
 * an entry that is neither a plain allow nor a plain deny, or too many. */
NODISCARD bool access_list_parse(_In_reads_bytes_(size) const void *descriptor, size_t size,
                                 _Out_ struct access_list *list);

/* Appends the SDDL of the pipe: as access.h says, with an entry for each SID that the list grants
 * something. Terminated; the terminator counts. Returns false, nothing changed, without room. */
NODISCARD bool access_list_pipe_sddl(_In_ const struct access_list *list,
                                     _Inout_ struct buffer *out);

/* One SID and what the list says of it, earlier entries first, as AccessCheck weighs them. A caller
 * has the rights of all SIDs in his token; a denied one outweighs those granted behind it. */
struct access_row {
    struct sid sid;
    uint32_t allowed;
    uint32_t denied;
    char name[CALLER_USER_CAPACITY]; /* UTF-8, terminated; "" when not known */
};

/* rows   Receives a row for each SID in the order of the entries, names left "".
 * Returns their number, at most that of the entries. */
size_t access_table_rows(_In_ const struct access_list *list,
                         _Out_writes_(ACCESS_ENTRIES_MAX) struct access_row *rows);

struct access_table {
    const struct access_row *rows;
    size_t count;
    const char *source;  /* "built-in" or "AccessSddl" */
    const char *refusal; /* why AccessSddl was not used; NULL: it was, or is not set */
    struct span sddl;    /* the list itself */
    enum filtered_admins filtered_admins;
};

/* Appends the table: lines of text, or with `json` JSON lines: one of type access_list, then one of
 * type access a SID. Returns false without room. */
NODISCARD bool access_table_format(_In_ const struct access_table *table, bool json,
                                   _Inout_ struct buffer *out);

#endif
