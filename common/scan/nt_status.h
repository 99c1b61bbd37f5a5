/* The NTSTATUS values that decisions depend on, for code that never sees <windows.h>.
 *
 * Source: Microsoft's ntstatus.h. Any other value is passed on as a number. */
#ifndef COMMON_SCAN_NT_STATUS_H
#define COMMON_SCAN_NT_STATUS_H

#include "common/base/status.h"

static const uint32_t NTSTATUS_OK = 0;
static const uint32_t NTSTATUS_MORE_ENTRIES = 0x105;
static const uint32_t NTSTATUS_BUFFER_OVERFLOW = 0x80000005u;
static const uint32_t NTSTATUS_NO_MORE_ENTRIES = 0x8000001Au;
static const uint32_t NTSTATUS_NOT_IMPLEMENTED = 0xC0000002u;
static const uint32_t NTSTATUS_INVALID_INFO_CLASS = 0xC0000003u;
static const uint32_t NTSTATUS_INFO_LENGTH_MISMATCH = 0xC0000004u;
static const uint32_t NTSTATUS_INVALID_CID = 0xC000000Bu; /* no process has this identifier */
static const uint32_t NTSTATUS_INVALID_PARAMETER = 0xC000000Du;
static const uint32_t NTSTATUS_NO_MEMORY = 0xC0000017u;
static const uint32_t NTSTATUS_ACCESS_DENIED = 0xC0000022u;
static const uint32_t NTSTATUS_BUFFER_TOO_SMALL = 0xC0000023u;
static const uint32_t NTSTATUS_TYPE_MISMATCH = 0xC0000024u;  /* the object has another type */
static const uint32_t NTSTATUS_NAME_NOT_FOUND = 0xC0000034u; /* no object has this name */
static const uint32_t NTSTATUS_FILE_INVALID = 0xC0000098u;   /* a section without a file */
static const uint32_t NTSTATUS_IO_TIMEOUT = 0xC00000B5u;
static const uint32_t NTSTATUS_PROCESS_IS_TERMINATING = 0xC000010Au;
static const uint32_t NTSTATUS_INVALID_ADDRESS = 0xC0000141u; /* nothing is mapped there */

/* True for the failures that mean "this system has no such query" and hold for every process; any
 * other concerns one process or one view. File systems fail with NTSTATUS_NOT_SUPPORTED. */
static inline bool nt_status_is_unsupported(uint32_t nt_status)
{
    return nt_status == NTSTATUS_NOT_IMPLEMENTED || nt_status == NTSTATUS_INVALID_INFO_CLASS;
}

/* True when the process has gone: it never existed, or it is terminating. */
static inline bool nt_status_is_exited(uint32_t nt_status)
{
    return nt_status == NTSTATUS_INVALID_CID || nt_status == NTSTATUS_PROCESS_IS_TERMINATING;
}

/* What the client sees: access_denied, no_such_process, otherwise internal. */
static inline enum status status_from_nt(uint32_t nt_status)
{
    if (nt_status == NTSTATUS_ACCESS_DENIED)
        return STATUS_ACCESS_DENIED;
    return nt_status_is_exited(nt_status) ? STATUS_NO_SUCH_PROCESS : STATUS_INTERNAL;
}

#endif
