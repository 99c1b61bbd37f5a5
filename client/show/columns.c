#include "client/show/columns.h"

#define ADDRESS(width)                                                     \
    {                                                                      \
        MEMBER_BASE, MEMBER_BASE, "ADDRESS", CELL_ADDRESS, width, 2, false \
    }
#define SIZE(member, title, gap)                       \
    {                                                  \
        member, member, title, CELL_SIZE, 5, gap, true \
    }
#define NUMBER(member, title, width)                       \
    {                                                      \
        member, member, title, CELL_NUMBER, width, 2, true \
    }
#define TEXT(member, title, width)                        \
    {                                                     \
        member, member, title, CELL_TEXT, width, 2, false \
    }
#define PROTECT                                                           \
    {                                                                     \
        MEMBER_PROTECT, MEMBER_PROTECT, "PROT", CELL_PROTECT, 4, 2, false \
    }
#define PATH                                                            \
    {                                                                   \
        MEMBER_PATH, MEMBER_DEVICE_PATH, "PATH", CELL_PATH, 0, 2, false \
    }

static const struct column processes[] = {
    NUMBER(MEMBER_PID, "PID", 6),
    NUMBER(MEMBER_PARENT, "PARENT", 6),
    NUMBER(MEMBER_SESSION, "SESS", 4),
    TEXT(MEMBER_ARCH, "ARCH", 5),
    TEXT(MEMBER_PROTECTION, "PROTECTION", 15),
    TEXT(MEMBER_ACCESS, "ACCESS", 7),
    {MEMBER_IMAGE, MEMBER_NAME, "IMAGE", CELL_PATH, 0, 2, false},
};
static const enum row_member processes_csv[] = {
    MEMBER_PID,     MEMBER_START, MEMBER_PARENT,     MEMBER_NAME,   MEMBER_IMAGE,
    MEMBER_SESSION, MEMBER_ARCH,  MEMBER_PROTECTION, MEMBER_ACCESS,
};

static const struct column maps[] = {
    ADDRESS(14), SIZE(MEMBER_SIZE, "SIZE", 2), TEXT(MEMBER_KIND, "KIND", 8), PROTECT, PATH,
};
/* Without --pages the list ends after path_lossy. */
static const enum row_member maps_csv[] = {
    MEMBER_PID,     MEMBER_PROCESS, MEMBER_BASE,        MEMBER_SIZE,       MEMBER_KIND,
    MEMBER_PROTECT, MEMBER_PATH,    MEMBER_DEVICE_PATH, MEMBER_PATH_LOSSY, MEMBER_RESIDENT,
    MEMBER_SHARED,  MEMBER_PRIVATE, MEMBER_LOCKED,      MEMBER_COUNTED,
};
enum { PAGES_CSV = 5 };

static const struct column pages[] = {
    ADDRESS(14),
    SIZE(MEMBER_SIZE, "SIZE", 2),
    TEXT(MEMBER_KIND, "KIND", 8),
    PROTECT,
    SIZE(MEMBER_RESIDENT, "RES", 2),
    SIZE(MEMBER_SHARED, "SHR", 1),
    SIZE(MEMBER_PRIVATE, "PRIV", 1),
    SIZE(MEMBER_LOCKED, "LOCK", 1),
    PATH,
};

/* The addresses of regions are indented by two, so those of their views leave room for that. */
static const struct column views[] = {
    ADDRESS(16), SIZE(MEMBER_SIZE, "SIZE", 2), TEXT(MEMBER_KIND, "KIND", 8), PROTECT, PATH,
};
static const struct column region[] = {
    ADDRESS(14),
    SIZE(MEMBER_SIZE, "SIZE", 2),
    {MEMBER_STATE, MEMBER_STATE, "STATE", CELL_STATE, 8, 2, false},
    PROTECT,
};
static const enum row_member regions_csv[] = {
    MEMBER_TYPE, MEMBER_PID,   MEMBER_PROCESS, MEMBER_VIEW, MEMBER_BASE,        MEMBER_SIZE,
    MEMBER_KIND, MEMBER_STATE, MEMBER_PROTECT, MEMBER_PATH, MEMBER_DEVICE_PATH, MEMBER_PATH_LOSSY,
};

static const struct column flat[] = {
    ADDRESS(14),
    SIZE(MEMBER_SIZE, "SIZE", 2),
    TEXT(MEMBER_KIND, "KIND", 8),
    PROTECT,
    {MEMBER_PROCESS, MEMBER_PROCESS, "PROCESS", CELL_PROCESS, 24, 2, false},
    PATH,
};

static const struct column files[] = {
    NUMBER(MEMBER_PROCESSES, "PROCS", 6),
    NUMBER(MEMBER_VIEWS, "VIEWS", 6),
    SIZE(MEMBER_SIZE, "SIZE", 2),
    TEXT(MEMBER_KIND, "KIND", 10), /* "image,data" */
    PATH,
};
static const enum row_member files_csv[] = {
    MEMBER_PATH, MEMBER_DEVICE_PATH, MEMBER_KIND, MEMBER_PROCESSES, MEMBER_VIEWS, MEMBER_SIZE,
};

#define COUNTED(array) array, sizeof array / sizeof array[0]

const struct columns columns_tables[COLUMNS_TABLE_COUNT] = {
    [COLUMNS_NONE] = {NULL, 0, NULL, 0, false},
    [COLUMNS_PROCESSES] = {COUNTED(processes), COUNTED(processes_csv), false},
    [COLUMNS_MAPS] = {COUNTED(maps), COUNTED(maps_csv) - PAGES_CSV, true},
    [COLUMNS_PAGES] = {COUNTED(pages), COUNTED(maps_csv), true},
    [COLUMNS_REGIONS] = {COUNTED(views), COUNTED(regions_csv), true},
    [COLUMNS_FLAT] = {COUNTED(flat), NULL, 0, true},
    [COLUMNS_FILES] = {COUNTED(files), COUNTED(files_csv), false},
    [COLUMNS_CHANGES] = {COUNTED(maps), NULL, 0, false},
};

const struct columns columns_of_region = {COUNTED(region), NULL, 0, false};
