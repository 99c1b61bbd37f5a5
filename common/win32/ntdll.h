/* What Windows exports but its headers do not declare, and the only place for it in the programs;
 * classes that only a test or the doctor asks for are declared there.
 *
 * Imports of ntdll.dll are linked: its import library comes with the Windows SDK and with mingw.
 * Functions that some supported systems lack are looked up. Structures have names of our own, so
 * that they do not collide with those of <winternl.h>. Layouts are those of 64-bit Windows and are
 * checked.
 *
 * Comments name the right that a query needs on its process handle: QI is
 * PROCESS_QUERY_INFORMATION, QLI is PROCESS_QUERY_LIMITED_INFORMATION. QI implies QLI. */
#ifndef COMMON_WIN32_NTDLL_H
#define COMMON_WIN32_NTDLL_H

#include <assert.h>

#include "common/text/buffer.h"
#include "common/win32/win.h"

/* NTSTATUS. Our code compares with the names of nt_status.h; the SDK's STATUS_* macros are never
 * used, because <ntstatus.h> would clash with the names of status.h. */
typedef LONG nt_result;

struct nt_string {
    USHORT size;     /* bytes in use */
    USHORT capacity; /* bytes */
    wchar_t *data;   /* not terminated */
};

enum nt_system_class {
    NT_SYSTEM_TIME_OF_DAY = 3,     /* struct nt_time_of_day */
    NT_SYSTEM_PROCESSES = 5,       /* see common/scan/process.h */
    NT_SYSTEM_MODULES = 11,        /* see common/scan/drivers.h */
    NT_SYSTEM_HANDLES = 64,        /* see common/scan/sections.c */
    NT_SYSTEM_FULL_PROCESSES = 148 /* see common/scan/process.h */
};

enum nt_process_class {
    NT_PROCESS_BASIC = 0,       /* struct nt_process_basic; QLI */
    NT_PROCESS_IMAGE_NAME = 27, /* struct nt_string and its text, device form; QLI */
    NT_PROCESS_PROTECTION = 61  /* one byte, PS_PROTECTION; QLI; Windows 8.1 */
};

/* Its beginning; the kernel fills as much as is asked for (WRK, ex/sysinfo.c). */
struct nt_time_of_day {
    LARGE_INTEGER boot_time; /* FILETIME */
};

struct nt_process_basic {
    nt_result exit_status;
    void *peb;
    ULONG_PTR affinity_mask;
    LONG base_priority;
    ULONG_PTR pid;
    ULONG_PTR parent_pid;
};

struct nt_client_id {
    HANDLE process;
    HANDLE thread;
};

struct nt_object_attributes {
    ULONG size; /* of this structure */
    HANDLE root_directory;
    struct nt_string *object_name;
    ULONG attributes;
    void *security_descriptor;
    void *security_quality_of_service;
};

struct nt_io_status {
    ULONG_PTR status; /* an NTSTATUS, or a pointer */
    ULONG_PTR size;   /* bytes of the answer */
};

enum { NT_FILE_PROCESS_IDS = 47 }; /* FileProcessIdsUsingFileInformation; FILE_READ_ATTRIBUTES */

/* Source: the WDK's ntifs.h, FILE_PROCESS_IDS_USING_FILE_INFORMATION; "reserved for system use". The
 * right: NtUtils.Files.Operations.pas and Yori's lsof ask with this one. Too small a buffer
 * is NTSTATUS_INFO_LENGTH_MISMATCH. */
struct nt_file_process_ids {
    ULONG count;
    ULONG_PTR pids[1];
};

/* Source: the WDK's ntifs.h, FILE_PIPE_LOCAL_INFORMATION. Of the queue to the client: what is sent and
 * not read is not available (ReactOS, npfs/fileinfo.c, NpQueryPipeLocalInfo). */
enum { NT_FILE_PIPE_LOCAL = 24 };
struct nt_file_pipe_local {
    ULONG type, configuration, instances_max, instances, in_quota, in_available;
    ULONG out_quota, out_quota_available, state, end;
};

static_assert(sizeof(void *) == 8, "lsmap is built for 64-bit Windows");
static_assert(sizeof(struct nt_string) == 16, "UNICODE_STRING");
static_assert(sizeof(struct nt_process_basic) == 48, "PROCESS_BASIC_INFORMATION");
static_assert(sizeof(struct nt_object_attributes) == 48, "OBJECT_ATTRIBUTES");
static_assert(offsetof(struct nt_file_process_ids, pids) == 8, "ProcessIdList");

/* The longest answer of a name query: a structure and 64 KiB of text. */
enum { NT_NAME_ANSWER_SIZE_MAX = 0x10000 + 16 };

NTSYSAPI nt_result NTAPI NtQuerySystemInformation(ULONG information_class, void *buffer, ULONG size,
                                                  ULONG *size_needed);
NTSYSAPI nt_result NTAPI NtOpenProcess(HANDLE *process, ACCESS_MASK access,
                                       struct nt_object_attributes *attributes,
                                       struct nt_client_id *client_id);
NTSYSAPI nt_result NTAPI NtQueryInformationProcess(HANDLE process, ULONG information_class,
                                                   void *buffer, ULONG size, ULONG *size_needed);
/* information_class  enum memory_class of common/scan/regions.h. */
NTSYSAPI nt_result NTAPI NtQueryVirtualMemory(HANDLE process, const void *address,
                                              ULONG information_class, void *buffer, SIZE_T size,
                                              SIZE_T *size_needed);
NTSYSAPI nt_result NTAPI NtQueryInformationFile(HANDLE file, struct nt_io_status *io, void *buffer,
                                                ULONG size, ULONG information_class);
/* The rights that are asked for, and the calls, are those of System Informer's phnt/ntobapi.h and
 * phnt/ntmmapi.h. is_single  One entry a call. */
enum { NT_DIRECTORY_QUERY = 1, NT_SECTION_QUERY = 1, NT_SECTION_BASIC = 0 };
NTSYSAPI nt_result NTAPI NtOpenDirectoryObject(HANDLE *directory, ACCESS_MASK access,
                                               struct nt_object_attributes *attributes);
NTSYSAPI nt_result NTAPI NtQueryDirectoryObject(HANDLE directory, void *buffer, ULONG size,
                                                BOOLEAN is_single, BOOLEAN restart, ULONG *context,
                                                ULONG *size_needed);
NTSYSAPI nt_result NTAPI NtOpenSection(HANDLE *section, ACCESS_MASK access,
                                       struct nt_object_attributes *attributes);
NTSYSAPI nt_result NTAPI NtQuerySection(HANDLE section, ULONG information_class, void *buffer,
                                        SIZE_T size, SIZE_T *size_needed);
/* The true version, whatever the manifest says. */
NTSYSAPI nt_result NTAPI RtlGetVersion(OSVERSIONINFOW *version);

/* Asks for an answer whose size is not known, in a bounded number of attempts. Returns an NTSTATUS.
 * first   Bytes of the first attempt.
 * answer  Cleared, then receives it. */
uint32_t system_query(enum nt_system_class system_class, size_t first,
                      _Inout_ struct buffer *answer);

/* A function pointer to be cast to the type of the function. */
typedef void (*any_function)(void);

/* Looks up a function of a DLL in System32, which is loaded if it is not yet, and stays. A DLL that is
 * not in every process is never imported: a program must not load a file of its name that lies in its
 * own folder. Returns NULL when the DLL or the function does not exist. */
any_function system_function(const wchar_t *module_name, const char *name);

/* Functions that some supported systems lack. */
enum { NT_PROCESS_MACHINE_TYPE = 9 }; /* struct nt_process_machine; Windows 11 */

struct nt_process_machine {
    USHORT machine; /* IMAGE_FILE_MACHINE_* the process runs as, emulated or not */
    USHORT reserved;
    ULONG attributes;
};

typedef BOOL(WINAPI *get_process_information)(HANDLE process, int information_class, void *buffer,
                                              DWORD size);
typedef const char *(CDECL *wine_get_version)(void); /* Wine only: "8.0" */

#endif
