/* The service and its settings in the registry: those at the start, and those that change with
 * SERVICE_CONTROL_PARAMCHANGE while it runs. */
#include "common/win32/system_info.h"
#include "service/win32/service_control.h"
#include "service/win32/settings_registry.h"
#include "tests/test.h"
#include "tests/win32/lsmapd_run.h"
#include "tests/win32/pipe_rig.h"

enum { POLLS_MAX = RIG_WAIT_MS / 50 };

static void set(struct test *t, const wchar_t *name, DWORD number)
{
    CHECK_INT(t, ERROR_SUCCESS,
              RegSetKeyValueW(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, name, REG_DWORD, &number,
                              sizeof number));
}

static bool send_change(void)
{
    SC_HANDLE service = NULL;
    SERVICE_STATUS status;
    bool is_done = service_open(SERVICE_PAUSE_CONTINUE, &service) == ERROR_SUCCESS &&
                   ControlService(service, SERVICE_CONTROL_PARAMCHANGE, &status);

    service_close(&service);
    return is_done;
}

/* True when `info` has this text. */
static bool shows(struct pipe_client *client, const char *text)
{
    struct span line;

    if (!pipe_client_send_text(client, "{\"op\":\"info\"}\n") || !pipe_client_line(client, &line))
        return false;
    bool is_done = text_contains(line, text);
    return pipe_client_line(client, &line) && is_done; /* and its `end` */
}

/* The service reads the registry on a thread of its own. */
static bool shows_soon(struct pipe_client *client, const char *text)
{
    for (int poll = 0; poll < POLLS_MAX; poll++) {
        if (shows(client, text))
            return true;
        Sleep(50);
    }
    return false;
}

static void the_service_uses_its_settings(struct test *t)
{
    const struct pipe_rig rig = {.name = L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\lsmap"};
    struct pipe_client client = {0};
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"install --no-start --quiet", EXIT_CODE_OK, "");
    set(t, L"Connections", 7);
    set(t, L"IdleMs", 1); /* below its range */
    lsmapd_check_run(t, L"install --quiet", EXIT_CODE_OK, "");
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK(t, shows(&client, "\"connections\":7,"));
    CHECK(t, shows(&client, "\"idle_ms\":300000,"));

    set(t, L"Connections", 8);
    set(t, L"IdleMs", 12345);
    CHECK(t, shows(&client, "\"connections\":7,")); /* not before the control */
    CHECK(t, send_change());
    CHECK(t, shows_soon(&client, "\"connections\":8,"));
    CHECK(t, shows(&client, "\"idle_ms\":12345,"));

    set(t, L"Connections", 0); /* bad: the default, not the last good one */
    CHECK(t, send_change());
    CHECK(t, shows_soon(&client, "\"connections\":128,"));
    CHECK(t, shows(&client, "\"idle_ms\":12345,"));
    pipe_client_close(&client);
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

/* The rights of a client that connects now. */
static bool has_rights(const struct pipe_rig *rig, const char *rights)
{
    struct pipe_client client = {0};
    struct span line = {0};

    bool is_read = pipe_client_open(&client, rig) == ERROR_SUCCESS &&
                   pipe_client_send_text(&client, "{\"op\":\"whoami\"}\n") &&
                   pipe_client_line(&client, &line) && text_contains(line, rights);
    pipe_client_close(&client);
    return is_read;
}

/* A setting that becomes invalid changes nothing; the former service fell back to its default. */
static void an_invalid_security_setting_leaves_the_last_valid_one(struct test *t)
{
    static const char own[] = "\"rights\":[\"connect\",\"query_own\"],";
    const struct pipe_rig rig = {.name = L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\lsmap"};
    struct pipe_client client = {0};
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"install --no-start --quiet", EXIT_CODE_OK, "");
    CHECK_INT(t, ERROR_SUCCESS, lsmapd_set_text(L"AccessSddl", L"D:P(A;;0x3;;;BA)(A;;0x3;;;IU)"));
    lsmapd_check_run(t, L"install --quiet", EXIT_CODE_OK, "");
    CHECK(t, has_rights(&rig, own));
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK_INT(t, ERROR_SUCCESS, lsmapd_set_text(L"AccessSddl", L"D:P(A;;GA;;;BA)"));
    set(t, L"Connections", 9);
    CHECK(t, send_change());
    CHECK(t, shows_soon(&client, "\"connections\":9,"));
    CHECK(t, has_rights(&rig, own));
    pipe_client_close(&client);
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

/* Also for a client that stays connected. */
static void new_rights_hold_from_the_next_request_on(struct test *t)
{
    const struct pipe_rig rig = {.name = L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\lsmap"};
    struct pipe_client client = {0};
    struct span line = {0};
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"install --no-start --quiet", EXIT_CODE_OK, "");
    set(t, L"Connections", 7);
    lsmapd_check_run(t, L"install --quiet", EXIT_CODE_OK, "");
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK(t, pipe_client_send_text(&client, "{\"op\":\"whoami\"}\n") &&
                 pipe_client_line(&client, &line) && text_contains(line, "\"query_all\""));
    CHECK(t, pipe_client_line(&client, &line));
    CHECK_INT(t, ERROR_SUCCESS, lsmapd_set_text(L"AccessSddl", L"D:P(A;;0x3;;;BA)(A;;0x3;;;IU)"));
    set(t, L"Connections", 9);
    CHECK(t, send_change());
    CHECK(t, shows_soon(&client, "\"connections\":9,"));
    CHECK(t, pipe_client_send_text(&client, "{\"op\":\"whoami\"}\n") &&
                 pipe_client_line(&client, &line) && text_contains(line, "\"query_own\"") &&
                 !text_contains(line, "\"query_all\""));
    pipe_client_close(&client);
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

/* --limit is the same for a server without the registry. */
static void wrong_limits_are_reported(struct test *t)
{
    lsmapd_check_run(t, L"--console --limit Connections=0", EXIT_CODE_USAGE,
                     "is not between 1 and 1024");
    lsmapd_check_run(t, L"--console --limit Nothing=1", EXIT_CODE_USAGE,
                     "the limit \"Nothing=1\" is unknown");
    lsmapd_check_run(t, L"install --limit Scans=1", EXIT_CODE_USAGE, "install takes no --limit");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_service_uses_its_settings),
        TEST_CASE(an_invalid_security_setting_leaves_the_last_valid_one),
        TEST_CASE(new_rights_hold_from_the_next_request_on),
        TEST_CASE(wrong_limits_are_reported),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
