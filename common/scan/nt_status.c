#include "common/scan/nt_status.h"

bool nt_status_is_unsupported(uint32_t nt_status)
{
    return nt_status == NTSTATUS_NOT_IMPLEMENTED || nt_status == NTSTATUS_INVALID_INFO_CLASS ||
           nt_status == NTSTATUS_NOT_SUPPORTED;
}

bool nt_status_is_exited(uint32_t nt_status)
{
    return nt_status == NTSTATUS_INVALID_CID || nt_status == NTSTATUS_PROCESS_IS_TERMINATING;
}

enum status status_from_nt(uint32_t nt_status)
{
    if (nt_status == NTSTATUS_ACCESS_DENIED)
        return STATUS_ACCESS_DENIED;
    return nt_status_is_exited(nt_status) ? STATUS_NO_SUCH_PROCESS : STATUS_INTERNAL;
}
