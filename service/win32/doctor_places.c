/* The places that decide what runs and how: event source, folder, registry keys. */
#include <stdlib.h>
#include <wchar.h>

#include "common/win32/text_w.h"
#include "messages.h"
#include "service/win32/doctor_checks.h"
#include "service/win32/events.h"
#include "service/win32/install_folder.h"
#include "service/win32/install_key.h"

enum { SOURCE_LENGTH = 1024 };

/* The text of a message as the event log would find it: from the file, run by nobody. */
static DWORD read_message(const wchar_t *file)
{
    wchar_t text[SOURCE_LENGTH];
    DWORD error = ERROR_SUCCESS;
    HMODULE module =
        LoadLibraryExW(file, NULL, LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE);

    if (module == NULL)
        return GetLastError();
    if (FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_IGNORE_INSERTS, module,
                       EVENT_SERVICE_STARTED, 0, text, SOURCE_LENGTH, NULL) == 0)
        error = GetLastError();
    FreeLibrary(module);
    return error;
}

static void check_source(struct doctor_context *context)
{
    const enum doctor_check check = DOCTOR_EVENT_SOURCE;
    wchar_t file[SOURCE_LENGTH];
    DWORD size = sizeof file;

    if (doctor_skips_absent(context, check))
        return;
    DWORD error = (DWORD)RegGetValueW(HKEY_LOCAL_MACHINE, EVENTS_SOURCE_KEY, L"EventMessageFile",
                                      RRF_RT_REG_SZ, NULL, file, &size);
    if (error != ERROR_SUCCESS) {
        doctor_add(context->report, check, DOCTOR_FAIL, NULL,
                   "the event source is not registered: error %lu", (unsigned long)error);
        return;
    }
    char *file_utf8 = text_w_to_utf8_alloc(file);
    error = read_message(file);
    bool is_ours = context->program == NULL || _wcsicmp(file, context->program) == 0;
    doctor_add(context->report, check,
               error == ERROR_SUCCESS && is_ours ? DOCTOR_PASS : DOCTOR_FAIL, NULL, "%s%s%s",
               file_utf8 != NULL ? file_utf8 : "?", is_ours ? "" : ": not the registered program",
               error == ERROR_SUCCESS ? "" : ": its messages cannot be read");
    free(file_utf8);
}

static void check_folder(struct doctor_context *context)
{
    const enum doctor_check check = DOCTOR_FOLDER;
    char reason[INSTALL_FOLDER_REASON_CAPACITY] = "";

    if (doctor_skips_absent(context, check) ||
        doctor_skips_wine(context, check,
                          "makes access lists up from the modes of the host's files"))
        return;
    if (context->program == NULL) {
        doctor_skip_error(context, check, NULL, "the registered program is not known",
                          ERROR_FILE_NOT_FOUND);
        return;
    }
    DWORD error = install_folder_check(context->program, reason);
    if (error != ERROR_SUCCESS)
        doctor_skip_error(context, check, NULL, "the access lists cannot be read", error);
    else
        doctor_add(context->report, check, reason[0] == '\0' ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "%s", reason[0] == '\0' ? "program, folder and the folders above" : reason);
}

static void check_keys(struct doctor_context *context)
{
    const enum doctor_check check = DOCTOR_KEY;
    char reason[DESCRIPTOR_VIEW_REASON_CAPACITY * 2] = "";

    if (doctor_skips_absent(context, check) ||
        doctor_skips_wine(context, check, "enforces no access list of a key"))
        return;
    DWORD error = install_key_check(reason);
    if (error != ERROR_SUCCESS)
        doctor_skip_error(context, check, NULL, "the access lists cannot be read", error);
    else
        doctor_add(context->report, check, reason[0] == '\0' ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "%s", reason[0] == '\0' ? "the keys of the service and its settings" : reason);
}

void doctor_check_places(struct doctor_context *context)
{
    check_source(context);
    check_folder(context);
    check_keys(context);
}
