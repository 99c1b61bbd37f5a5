/* The columns of all tables that lsmap prints, for people and as CSV: the only place that knows
 * which members a table has, in which order, under which title and how wide. */
#ifndef CLIENT_SHOW_COLUMNS_H
#define CLIENT_SHOW_COLUMNS_H

#include "client/rows/row.h"

enum columns_table {
    COLUMNS_NONE,       /* rows that are not a table: of info, whoami and stats */
    COLUMNS_PROCESSES,  /* a line for each process */
    COLUMNS_MAPS,       /* a heading for each process, its mappings below */
    COLUMNS_PAGES,      /* the same with what is in memory */
    COLUMNS_REGIONS,    /* the same with the regions of each mapping */
    COLUMNS_OF_REGION,  /* a line of these regions; no table of its own */
    COLUMNS_FLAT,       /* a line for each mapping, with its process; not as CSV */
    COLUMNS_FLAT_PAGES, /* the same with what is in memory */
    COLUMNS_FILES,      /* a line for each file of --by-file */
    COLUMNS_USERS,      /* a line for each process that has a file; as CSV, its mappings */
    COLUMNS_STALE,      /* a line for each process and its stale file */
    COLUMNS_CHANGES,    /* what came and went; not as CSV */
    COLUMNS_SECTIONS,   /* a line for each named section, and below it who holds it */
    COLUMNS_TABLE_COUNT
};

enum column_cell {
    CELL_TEXT,
    CELL_NUMBER,
    CELL_SIZE,     /* bytes in units of 1024, exact with --bytes, which takes more columns */
    CELL_ADDRESS,  /* "0x" and at least 12 digits */
    CELL_WORDS,    /* MEM_COMMIT as "commit", PAGE_READWRITE as "rw-" */
    CELL_ACCOUNT,  /* a SID as the name of its account */
    CELL_SERVICES, /* names, a comma between them */
    CELL_PROCESS,  /* NAME (PID) */
    CELL_PATH /* or the device path, of an image the name, which on a console is the name, too, for a
                     process with services, followed by them; cut to what is left of the console */
};

/* How people see a member, in any table. Numbers and sizes are aligned to the right. */
struct column {
    const char *title;
    enum column_cell cell;
    uint8_t width; /* in columns; the last one of a table takes the rest, at least this */
};

enum { COLUMNS_MAX = 17 }; /* of one table, with the end */

/* The members of a table; MEMBER_ID, which no table has, is their end. Those of CSV have the names of
 * the protocol; new ones come at the end. */
struct columns {
    enum row_member shown[COLUMNS_MAX], csv[COLUMNS_MAX];
    bool of_process; /* below the heading of their process, whose start --host adds */
};

extern const struct column columns_of_members[MEMBER_COUNT];
extern const struct columns columns_tables[COLUMNS_TABLE_COUNT];

#endif
