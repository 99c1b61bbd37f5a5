/* Single cells of a table: members of a row as a person reads them. */
#ifndef CLIENT_SHOW_TABLE_CELLS_H
#define CLIENT_SHOW_TABLE_CELLS_H

#include "client/rows/row.h"
#include "client/show/text.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"

enum {
    CELL_ADDRESS_COLUMNS = 14, /* "0x" and 12 digits: the user space of 64-bit Windows */
    CELL_ADDRESS_CAPACITY = 24,
    CELL_NUMBER_CAPACITY = 24
};

/* Appends a terminated text of ours as it is. */
NODISCARD bool cell_text(_Inout_ struct buffer *out, const char *text);

/* The text, or "-" when it is unknown or empty. */
struct span cell_known(struct span text);

/* A number; empty when it is not known. */
struct span cell_number(_Out_writes_(CELL_NUMBER_CAPACITY) char *out, _In_ const struct row *row,
                        enum row_member member);

/* Bytes in units of 1024; empty when not known. */
struct span cell_size(_Out_writes_(DISPLAY_SIZE_CAPACITY) char *out, _In_ const struct row *row,
                      enum row_member member);

/* The row's base as "0x" and at least 12 digits; "-" when the caller may not know it. */
struct span cell_address(_Out_writes_(CELL_ADDRESS_CAPACITY) char *out, _In_ const struct row *row);

/* MEM_COMMIT as "commit" and so on; what is not known as it is. */
struct span cell_state(struct span state);

/* A PAGE_* text of the wire in short: r, w, x for reading, writing, executing, and c where writing
 * makes a private copy: "r--", "rw-", "rwc", "r-x", "rwxc". Behind a + what else is set, in lower
 * case: "rw-+guard". What is not known
 * stays as it is. Filled with spaces to `columns`. "-" for no text. */
NODISCARD bool cell_protect(_Inout_ struct buffer *out, struct span protect, size_t columns);

#endif
