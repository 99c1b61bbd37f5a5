#include "common/win32/ntdll.h"

/* FARPROC to another function type is a cast that compilers warn about; by way of void (*)(void),
 * the generic function pointer, it is not. */
typedef void (*generic_function)(void);

static generic_function find(const wchar_t *module_name, const char *name)
{
    /* Both modules are in every process from its start; nothing is loaded. */
    HMODULE module = GetModuleHandleW(module_name);
    return module != NULL ? (generic_function)GetProcAddress(module, name) : NULL;
}

void ntdll_optional_find(struct ntdll_optional *optional)
{
    optional->get_process_information =
        (BOOL(WINAPI *)(HANDLE, int, void *, DWORD))find(L"kernel32.dll", "GetProcessInformation");
    optional->is_wow64_process2 =
        (BOOL(WINAPI *)(HANDLE, USHORT *, USHORT *))find(L"kernel32.dll", "IsWow64Process2");
    optional->wine_get_version =
        (const char *(CDECL *)(void))find(L"ntdll.dll", "wine_get_version");
}
