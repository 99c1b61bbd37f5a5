#include "client/show/columns.h"

const struct column columns_of_members[MEMBER_COUNT] = {
    [MEMBER_PID] = {"PID", CELL_NUMBER, 6},
    [MEMBER_PROCESS] = {"PROCESS", CELL_PROCESS, 24},
    [MEMBER_BASE] = {"ADDRESS", CELL_ADDRESS, 14},
    [MEMBER_SIZE] = {"SIZE", CELL_SIZE, 5},
    [MEMBER_KIND] = {"KIND", CELL_TEXT, 8},
    [MEMBER_BACKING] = {"BACKING", CELL_TEXT, 8},
    [MEMBER_NAME] = {"NAME", CELL_PATH, 0},
    [MEMBER_STATE] = {"STATE", CELL_STATE, 8},
    [MEMBER_PROTECT] = {"PROT", CELL_PROTECT, 4},
    [MEMBER_PATH] = {"PATH", CELL_PATH, 13},
    [MEMBER_RESIDENT] = {"RES", CELL_SIZE, 5},
    [MEMBER_SHARED] = {"SHR", CELL_SIZE, 5},
    [MEMBER_PRIVATE] = {"PRIV", CELL_SIZE, 5},
    [MEMBER_LOCKED] = {"LOCK", CELL_SIZE, 5},
    [MEMBER_PARENT] = {"PARENT", CELL_NUMBER, 6},
    [MEMBER_IMAGE] = {"IMAGE", CELL_PATH, 13},
    [MEMBER_SESSION] = {"SESS", CELL_NUMBER, 4},
    [MEMBER_ARCH] = {"ARCH", CELL_TEXT, 5},
    [MEMBER_PROTECTION] = {"PROTECTION", CELL_TEXT, 15},
    [MEMBER_ACCESS] = {"ACCESS", CELL_TEXT, 7},
    [MEMBER_OWNER] = {"USER", CELL_ACCOUNT, 15},
    [MEMBER_SERVICES] = {"SERVICES", CELL_SERVICES, 16},
    [MEMBER_REASON] = {"REASON", CELL_TEXT, 11},
    [MEMBER_PROCESSES] = {"PROCS", CELL_NUMBER, 6},
    [MEMBER_VIEWS] = {"VIEWS", CELL_NUMBER, 6},
};

static const enum row_member processes[] = {
    MEMBER_PID,        MEMBER_PARENT, MEMBER_SESSION, MEMBER_ARCH,
    MEMBER_PROTECTION, MEMBER_ACCESS, MEMBER_OWNER,   MEMBER_IMAGE,
};
static const enum row_member processes_csv[] = {
    MEMBER_PID,  MEMBER_START,      MEMBER_PARENT, MEMBER_NAME, MEMBER_IMAGE, MEMBER_SESSION,
    MEMBER_ARCH, MEMBER_PROTECTION, MEMBER_ACCESS, MEMBER_NOTE, MEMBER_OWNER, MEMBER_SERVICES,
};

static const enum row_member maps[] = {MEMBER_BASE, MEMBER_SIZE, MEMBER_KIND, MEMBER_PROTECT,
                                       MEMBER_PATH};
static const enum row_member pages[] = {
    MEMBER_BASE,   MEMBER_SIZE,    MEMBER_KIND,   MEMBER_PROTECT, MEMBER_RESIDENT,
    MEMBER_SHARED, MEMBER_PRIVATE, MEMBER_LOCKED, MEMBER_PATH,
};
static const enum row_member flat[] = {MEMBER_BASE,    MEMBER_SIZE,    MEMBER_KIND,
                                       MEMBER_PROTECT, MEMBER_PROCESS, MEMBER_PATH};
static const enum row_member flat_pages[] = {
    MEMBER_BASE,   MEMBER_SIZE,    MEMBER_KIND,   MEMBER_PROTECT, MEMBER_RESIDENT,
    MEMBER_SHARED, MEMBER_PRIVATE, MEMBER_LOCKED, MEMBER_PROCESS, MEMBER_PATH};
static const enum row_member region[] = {MEMBER_BASE, MEMBER_SIZE, MEMBER_STATE, MEMBER_PROTECT};
static const enum row_member maps_csv[] = {
    MEMBER_PID,        MEMBER_PROCESS,     MEMBER_BASE,      MEMBER_SIZE,
    MEMBER_KIND,       MEMBER_PROTECT,     MEMBER_PATH,      MEMBER_DEVICE_PATH,
    MEMBER_PATH_LOSSY, MEMBER_NAME_STATUS, MEMBER_COMMITTED,
};
static const enum row_member pages_csv[] = {
    MEMBER_PID,        MEMBER_PROCESS,  MEMBER_BASE,        MEMBER_SIZE,
    MEMBER_KIND,       MEMBER_PROTECT,  MEMBER_PATH,        MEMBER_DEVICE_PATH,
    MEMBER_PATH_LOSSY, MEMBER_RESIDENT, MEMBER_SHARED,      MEMBER_PRIVATE,
    MEMBER_LOCKED,     MEMBER_COUNTED,  MEMBER_NAME_STATUS, MEMBER_COMMITTED,
};
static const enum row_member regions_csv[] = {
    MEMBER_TYPE,        MEMBER_PID,        MEMBER_PROCESS,     MEMBER_VIEW,      MEMBER_BASE,
    MEMBER_SIZE,        MEMBER_KIND,       MEMBER_STATE,       MEMBER_PROTECT,   MEMBER_PATH,
    MEMBER_DEVICE_PATH, MEMBER_PATH_LOSSY, MEMBER_NAME_STATUS, MEMBER_COMMITTED,
};

static const enum row_member users[] = {MEMBER_PROCESS, MEMBER_SERVICES,   MEMBER_OWNER,
                                        MEMBER_KIND,    MEMBER_PROTECTION, MEMBER_PATH};

static const enum row_member files[] = {MEMBER_PROCESSES, MEMBER_VIEWS, MEMBER_SIZE, MEMBER_KIND,
                                        MEMBER_PATH};
static const enum row_member files_csv[] = {
    MEMBER_PATH, MEMBER_DEVICE_PATH, MEMBER_KIND, MEMBER_PROCESSES, MEMBER_VIEWS, MEMBER_SIZE,
};

static const enum row_member sections[] = {MEMBER_SIZE, MEMBER_BACKING, MEMBER_PROCESSES,
                                           MEMBER_SESSION, MEMBER_NAME};
static const enum row_member sections_csv[] = {
    MEMBER_NAME,    MEMBER_OBJECT,    MEMBER_SESSION, MEMBER_SIZE,        MEMBER_ATTRIBUTES,
    MEMBER_BACKING, MEMBER_PROCESSES, MEMBER_HOLDERS, MEMBER_NAME_STATUS,
};

static const enum row_member stale[] = {MEMBER_PROCESS, MEMBER_REASON, MEMBER_SERVICES,
                                        MEMBER_PATH};
static const enum row_member stale_csv[] = {
    MEMBER_PID, MEMBER_PROCESS, MEMBER_START, MEMBER_SERVICES, MEMBER_PATH, MEMBER_REASON,
};

#define COUNTED(array) array, sizeof array / sizeof array[0]

const struct columns columns_tables[COLUMNS_TABLE_COUNT] = {
    [COLUMNS_NONE] = {NULL, 0, NULL, 0, false},
    [COLUMNS_PROCESSES] = {COUNTED(processes), COUNTED(processes_csv), false},
    [COLUMNS_MAPS] = {COUNTED(maps), COUNTED(maps_csv), true},
    [COLUMNS_PAGES] = {COUNTED(pages), COUNTED(pages_csv), true},
    [COLUMNS_REGIONS] = {COUNTED(maps), COUNTED(regions_csv), true},
    [COLUMNS_FLAT] = {COUNTED(flat), NULL, 0, true},
    [COLUMNS_FLAT_PAGES] = {COUNTED(flat_pages), NULL, 0, true},
    [COLUMNS_FILES] = {COUNTED(files), COUNTED(files_csv), false},
    [COLUMNS_USERS] = {COUNTED(users), NULL, 0, true},
    [COLUMNS_STALE] = {COUNTED(stale), COUNTED(stale_csv), false},
    [COLUMNS_CHANGES] = {COUNTED(maps), NULL, 0, false},
    [COLUMNS_SECTIONS] = {COUNTED(sections), COUNTED(sections_csv), false},
};

const struct columns columns_of_region = {COUNTED(region), NULL, 0, false};
