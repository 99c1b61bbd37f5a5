#include "service/win32/security_bytes.h"

#include <stdlib.h>
#include <string.h>

#include "common/win32/handle.h"
#include "service/win32/descriptor.h"

enum {
    READ_ATTEMPTS_MAX = 4, /* the descriptor may grow between asking its size and reading it */
    DESCRIPTOR_SIZE_MAX = 256 * 1024 /* two access lists have at most 64 KiB each */
};

/* One of the calls that read a descriptor into a buffer, all with the same habits.
 * Returns a Win32 error; ERROR_INSUFFICIENT_BUFFER with the size it takes in *size. */
typedef DWORD (*reader)(void *object, SECURITY_INFORMATION parts, void *buffer, DWORD *size);

static DWORD read_file(void *object, SECURITY_INFORMATION parts, void *buffer, DWORD *size)
{
    return GetKernelObjectSecurity(object, parts, buffer, *size, size) ? ERROR_SUCCESS
                                                                       : GetLastError();
}

static DWORD read_key(void *object, SECURITY_INFORMATION parts, void *buffer, DWORD *size)
{
    return (DWORD)RegGetKeySecurity(object, parts, buffer, size);
}

static DWORD read_service(void *object, SECURITY_INFORMATION parts, void *buffer, DWORD *size)
{
    return QueryServiceObjectSecurity(object, parts, buffer, *size, size) ? ERROR_SUCCESS
                                                                          : GetLastError();
}

static DWORD read_bytes(reader read, void *object, SECURITY_INFORMATION parts,
                        struct security_bytes *bytes)
{
    struct security_bytes found = {0};
    char probe[1]; /* not every reader takes a NULL */
    DWORD size = 0;

    DWORD error = read(object, parts, probe, &size);
    for (int attempt = 0; attempt < READ_ATTEMPTS_MAX && error == ERROR_INSUFFICIENT_BUFFER;
         attempt++) {
        free(found.data);
        found.data = size > 0 && size <= DESCRIPTOR_SIZE_MAX ? malloc(size) : NULL;
        if (found.data == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
        error = read(object, parts, found.data, &size);
    }
    if (error == ERROR_SUCCESS &&
        (found.data == NULL ||
         !descriptor_view_parse(found.data, GetSecurityDescriptorLength(found.data), &found.view)))
        error = ERROR_INVALID_SECURITY_DESCR;
    if (error != ERROR_SUCCESS) {
        free(found.data);
        return error;
    }
    *bytes = found;
    return ERROR_SUCCESS;
}

DWORD security_bytes_of_file(HANDLE file, SECURITY_INFORMATION parts, struct security_bytes *bytes)
{
    return read_bytes(read_file, file, parts, bytes);
}

DWORD security_bytes_of_path(const wchar_t *path, struct security_bytes *bytes)
{
    /* A link is not followed: what is meant is the thing of this name. */
    HANDLE file = CreateFileW(
        path, READ_CONTROL, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    DWORD error = read_bytes(read_file, file, SECURITY_PARTS, bytes);
    handle_close(&file);
    return error;
}

DWORD security_bytes_of_key(HKEY key, struct security_bytes *bytes)
{
    return read_bytes(read_key, key, SECURITY_PARTS, bytes);
}

DWORD security_bytes_of_service(SC_HANDLE service, struct security_bytes *bytes)
{
    return read_bytes(read_service, service, DACL_SECURITY_INFORMATION, bytes);
}

DWORD security_bytes_of_sddl(const char *sddl, struct security_bytes *bytes)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    struct security_bytes found = {0};

    DWORD error = descriptor_create(sddl, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    DWORD size = GetSecurityDescriptorLength(descriptor);
    found.data = malloc(size);
    if (found.data == NULL) {
        error = ERROR_NOT_ENOUGH_MEMORY;
    } else {
        memcpy(found.data, descriptor, size);
        if (!descriptor_view_parse(found.data, size, &found.view))
            error = ERROR_INVALID_SECURITY_DESCR;
    }
    descriptor_free(&descriptor);
    if (error != ERROR_SUCCESS) {
        free(found.data);
        return error;
    }
    *bytes = found;
    return ERROR_SUCCESS;
}

void security_bytes_release(struct security_bytes *bytes)
{
    free(bytes->data);
    memset(bytes, 0, sizeof *bytes);
}
