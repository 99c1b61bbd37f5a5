/* The settings of the operator in the registry: the values of the service's key `Parameters`.
 *
 * REG_DWORD is a number, REG_SZ a text; settings.h gives them their meaning. Only administrators may
 * write the key, but no size and no type is trusted. */
#ifndef SERVICE_WIN32_SETTINGS_REGISTRY_H
#define SERVICE_WIN32_SETTINGS_REGISTRY_H

#include "common/proto/protocol.h"
#include "common/win32/win.h"
#include "service/settings.h"

#define SETTINGS_REGISTRY_KEY L"SYSTEM\\CurrentControlSet\\Services\\" SERVICE_NAME L"\\Parameters"

/* Reads all values of a key. Without the key there are none; a value that cannot be read becomes a
 * finding, and may be a security setting.
 * settings  Holds the defaults. */
void settings_registry_read(HKEY root, const wchar_t *path, struct settings *settings);

#endif
