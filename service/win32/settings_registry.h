/* The operator's settings in the registry: the values of the service's key `Parameters`.
 *
 * REG_DWORD is a number, REG_SZ a text; what they mean is settings.h's to say. Whoever may write
 * the key is an administrator, but nothing here trusts a size or a type.
 */
#ifndef SERVICE_WIN32_SETTINGS_REGISTRY_H
#define SERVICE_WIN32_SETTINGS_REGISTRY_H

#include "common/proto/protocol.h"
#include "common/win32/win.h"
#include "service/settings.h"

#define SETTINGS_REGISTRY_KEY L"SYSTEM\\CurrentControlSet\\Services\\" SERVICE_NAME L"\\Parameters"

/* Takes over what is there. No key is no value; what cannot be read is found.
 * settings  Set to their defaults by the caller. */
void settings_registry_read(_Inout_ struct settings *settings,
                            _Inout_ struct settings_findings *findings);

/* The same from another key. */
void settings_registry_read_key(HKEY root, _In_ const wchar_t *path,
                                _Inout_ struct settings *settings,
                                _Inout_ struct settings_findings *findings);

/* Writes one text, for `lsmapd install`; makes the key when there is none. Needs elevation.
 * Returns a Win32 error. */
NODISCARD DWORD settings_registry_write_text(_In_ const wchar_t *name, _In_ const wchar_t *text);

#endif
