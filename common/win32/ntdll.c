#include "common/win32/ntdll.h"

any_function system_function(const wchar_t *module_name, const char *name)
{
    HMODULE module = GetModuleHandleW(module_name);
    if (module == NULL)
        module = LoadLibraryExW(module_name, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return module != NULL ? (any_function)GetProcAddress(module, name) : NULL;
}
