/* lsmap-doctor.exe: proves on the machine where it runs what the tests cannot prove elsewhere.
 *
 * It changes nothing but its own process: it asks the service and creates pipes of its own for a
 * moment. Only with --disturb it ends the service and starts it again. Exit code: 0 when no check failed, 1 when one failed, the service is not installed or does
 * not answer, 2 when the command line is wrong.
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/version.h"
#include "common/win32/win.h"
#include "service/win32/hardening.h"
#include "tests/doctor/checks.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char help[] = DOCTOR_NAME
    ": checks what lsmap promises, on this machine\n"
    "\n"
    "usage: " DOCTOR_NAME " [--json] [--bench] [--disturb]\n"
    "       " DOCTOR_NAME " --version | --help\n"
    "\n"
    "Prints a line for each check: PASS, FAIL, or SKIP with the reason. Run it from an\n"
    "elevated prompt while the service runs.\n"
    "\n"
    "  --json     JSON lines instead of text\n"
    "  --bench    also measures a scan of all processes against the plain way\n"
    "  --disturb  also ends the service as a crash would, and starts it again\n"
    "\n"
    "exit code: 0 no check failed; 1 a check failed, the service is not installed or does\n"
    "not answer; 2 the command line is wrong\n";

static int run(bool json, bool bench, bool may_disturb)
{
    struct machine *machine = machine_open();
    struct buffer out;

    if (machine == NULL) {
        fputs(DOCTOR_NAME ": out of memory\n", stderr);
        return EXIT_FAILED;
    }
    machine->may_disturb = may_disturb;
    check_answer(machine);
    check_pipe(machine);
    check_identity(machine);
    check_process(machine);
    check_service(machine);
    check_restart(machine);
    check_queries(machine);
    check_names(machine);
    check_files(machine);
    check_stale(machine);
    check_scan(machine, bench);
    check_sections(machine);
    report_finish(&machine->report);

    int code = report_exit_code(&machine->report);
    buffer_init(&out, DOCTOR_OUTPUT_SIZE_MAX);
    if (json ? report_write_json(&machine->report, &out)
             : report_write_text(&machine->report, &out)) {
        fwrite(out.data, 1, out.size, stdout);
    } else {
        fputs(DOCTOR_NAME ": out of memory\n", stderr);
        code = EXIT_FAILED;
    }
    buffer_release(&out);
    machine_close(machine);
    return code;
}

int wmain(int argc, wchar_t **argv); /* no header declares it */

int wmain(int argc, wchar_t **argv)
{
    UINT code_page = GetConsoleOutputCP();
    bool json = false, bench = false, may_disturb = false;
    int code = 0;

    /* As lsmapd does. */
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (section_child_run(argc, argv))
        return 0;
    section_child_start();
    (void)hardening_apply();
    SetConsoleOutputCP(CP_UTF8);
    for (int i = 1; i < argc; i++) {
        if (wcscmp(argv[i], L"--json") == 0) {
            json = true;
            continue;
        }
        if (wcscmp(argv[i], L"--bench") == 0) {
            bench = true;
            continue;
        }
        if (wcscmp(argv[i], L"--disturb") == 0) {
            may_disturb = true;
            continue;
        }
        if (wcscmp(argv[i], L"--help") == 0 || wcscmp(argv[i], L"-h") == 0 ||
            wcscmp(argv[i], L"/?") == 0) {
            fputs(help, stdout);
        } else if (wcscmp(argv[i], L"--version") == 0) {
            fputs(DOCTOR_NAME " " LSMAP_VERSION_STRING "\n", stdout);
        } else {
            fprintf(stderr, DOCTOR_NAME ": argument %d is unknown; see " DOCTOR_NAME " --help\n",
                    i);
            code = EXIT_USAGE;
        }
        goto cleanup;
    }
    code = run(json, bench, may_disturb);

cleanup:
    section_child_stop();
    fflush(stdout);
    if (code_page != 0)
        SetConsoleOutputCP(code_page); /* the prompt has its own */
    return code;
}
