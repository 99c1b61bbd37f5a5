#include "service/win32/install_key.h"

#include <stdio.h>

#include "common/proto/protocol.h"
#include "service/access.h"
#include "service/win32/descriptor.h"
#include "service/win32/security_bytes.h"
#include "service/win32/settings_registry.h"

/* The one above it. Removing the service removes both. */
#define SERVICE_KEY L"SYSTEM\\CurrentControlSet\\Services\\" SERVICE_NAME

enum {
    KEY_CHANGE_RIGHTS = KEY_SET_VALUE | KEY_CREATE_SUB_KEY | KEY_CREATE_LINK | DELETE,
    KEY_PARTS = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION
};

DWORD install_key_lock(void)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    HKEY key = NULL;

    DWORD error = descriptor_create(KEY_SDDL, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security, .lpSecurityDescriptor = descriptor};
    error = (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, 0, NULL, 0,
                                   WRITE_DAC | WRITE_OWNER, &security, &key, NULL);
    if (error == ERROR_SUCCESS) /* it may have been there before */
        error = (DWORD)RegSetKeySecurity(key, KEY_PARTS | PROTECTED_DACL_SECURITY_INFORMATION,
                                         descriptor);
    if (key != NULL)
        RegCloseKey(key);
    descriptor_free(&descriptor);
    return error;
}

/* Writes which key and who into `reason` and returns ERROR_SUCCESS; "" when there is nobody. */
static DWORD check(const wchar_t *path, const char *name, char *reason)
{
    struct security_bytes bytes = {0};
    char who[DESCRIPTOR_VIEW_REASON_CAPACITY];
    HKEY key = NULL;

    DWORD error = (DWORD)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, READ_CONTROL, &key);
    if (error != ERROR_SUCCESS)
        return error;
    error = security_bytes_of_key(key, &bytes);
    if (error == ERROR_SUCCESS) {
        reason[0] = '\0';
        if (descriptor_view_find_stranger(&bytes.view, KEY_CHANGE_RIGHTS, who))
            (void)snprintf(reason, DESCRIPTOR_VIEW_REASON_CAPACITY * 2, "%s: %s", name, who);
    }
    security_bytes_release(&bytes);
    RegCloseKey(key);
    return error;
}

DWORD install_key_check(char *reason)
{
    char found[DESCRIPTOR_VIEW_REASON_CAPACITY * 2] = "";

    DWORD error = check(SERVICE_KEY, "Services\\" SERVICE_NAME, found);
    if (error == ERROR_SUCCESS && found[0] == '\0') {
        error = check(SETTINGS_REGISTRY_KEY, "Services\\" SERVICE_NAME "\\Parameters", found);
        if (error == ERROR_FILE_NOT_FOUND)
            error = ERROR_SUCCESS;
    }
    if (error == ERROR_SUCCESS)
        (void)snprintf(reason, DESCRIPTOR_VIEW_REASON_CAPACITY * 2, "%s", found);
    return error;
}
