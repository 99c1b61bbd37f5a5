/* The settings of the operator in the registry: values REG_DWORD and REG_SZ of the service's key
 * `Parameters`. Only administrators may write it, but no size and no type is trusted. */
#ifndef SERVICE_WIN32_SETTINGS_REGISTRY_H
#define SERVICE_WIN32_SETTINGS_REGISTRY_H

#include "common/win32/win.h"
#include "service/settings.h"

#define SETTINGS_REGISTRY_KEY L"SYSTEM\\CurrentControlSet\\Services\\" SERVICE_NAME L"\\Parameters"

/* Reads all values of a key, if it exists, over the defaults in `settings`. A value that cannot be
 * read becomes a finding, and may be a security setting. */
void settings_registry_read(HKEY root, const wchar_t *path, struct settings *settings);

#endif
