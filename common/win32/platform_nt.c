#include "common/win32/platform_nt.h"

#include <stdlib.h>

#include "common/win32/handle.h"
#include "common/win32/platform_nt_private.h"

static bool platform_nt_path(void *context, struct span device_path, struct buffer *path)
{
    struct platform_nt *platform = context;
    return device_table_rewrite(platform->devices, device_path, path);
}

static uint64_t query_address_limit(void)
{
    SYSTEM_INFO info;
    GetNativeSystemInfo(&info);
    return (uint64_t)(uintptr_t)info.lpMaximumApplicationAddress + 1;
}

DWORD platform_nt_create(struct platform_nt **out, struct platform *platform)
{
    struct platform_nt *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = device_table_create(&made->devices);
    if (error != ERROR_SUCCESS) {
        free(made);
        return error;
    }
    ntdll_optional_find(&made->optional);
    made->address_limit = query_address_limit();

    *platform = (struct platform){
        .context = made,
        .list = platform_nt_list,
        .open = platform_nt_open,
        .region = platform_nt_region,
        .allocation = platform_nt_allocation,
        .name = platform_nt_name,
        .pages = platform_nt_pages,
        .path = platform_nt_path,
        .close = platform_nt_close,
    };
    *out = made;
    return ERROR_SUCCESS;
}

void platform_nt_destroy(struct platform_nt *platform)
{
    if (platform == NULL)
        return;
    device_table_destroy(platform->devices);
    free(platform);
}

DWORD platform_nt_enable_debug(void)
{
    HANDLE token = NULL;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    DWORD error = ERROR_SUCCESS;

    /* TOKEN_ADJUST_PRIVILEGES lets this process switch on a privilege its token holds already; it
     * gains none. SeDebugPrivilege is the one that makes OpenProcess skip the DACL of the target.
     */
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (!LookupPrivilegeValueW(NULL, SE_DEBUG_NAME, &wanted.Privileges[0].Luid))
        return GetLastError();
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token))
        return GetLastError();

    /* Succeeds also when nothing was enabled: only the last error tells. */
    (void)AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    error = GetLastError();
    handle_close(&token);
    return error;
}
