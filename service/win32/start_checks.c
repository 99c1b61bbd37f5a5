#include "service/win32/start_checks.h"

#include <stdlib.h>

#include "common/win32/system_info.h"
#include "service/win32/events.h"
#include "service/win32/hardening.h"
#include "service/win32/install_folder.h"
#include "service/win32/install_key.h"
#include "service/win32/privileges.h"

static void check_folder(void)
{
    char reason[INSTALL_FOLDER_REASON_CAPACITY] = "";
    wchar_t *program = install_folder_program();

    if (program != NULL && install_folder_check(program, reason) == ERROR_SUCCESS &&
        reason[0] != '\0')
        event_place_open(reason);
    free(program);
}

static void check_keys(void)
{
    char reason[DESCRIPTOR_VIEW_REASON_CAPACITY * 2] = "";

    if (install_key_check(reason) == ERROR_SUCCESS && reason[0] != '\0')
        event_place_open(reason);
}

void start_checks_run(bool is_service)
{
    const char *refused = hardening_refused();

    if (refused[0] != '\0')
        event_hardening_refused(refused);
    DWORD error = privileges_drop_others();
    if (error != ERROR_SUCCESS)
        event_privileges_kept(error);
    if (!is_service || system_is_wine())
        return;
    check_folder();
    check_keys();
}
