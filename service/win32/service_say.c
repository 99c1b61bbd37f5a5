#include "service/win32/service_say.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/proto/protocol.h"
#include "common/win32/text_w.h"

void service_say(bool quiet, const char *format, ...)
{
    va_list arguments;

    if (quiet)
        return;
    va_start(arguments, format);
    vfprintf(stdout, format, arguments);
    va_end(arguments);
}

void service_warn(const char *format, ...)
{
    va_list arguments;

    fputs(SERVICE_NAME ": warning: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\n", stderr);
}

enum exit_code service_fail(const char *what, DWORD error)
{
    char text[256];

    if (error == ERROR_ACCESS_DENIED) {
        fputs(SERVICE_NAME ": run this from an elevated prompt\n", stderr);
        return EXIT_CODE_DENIED;
    }
    if (error == ERROR_SERVICE_MARKED_FOR_DELETE) {
        fprintf(stderr,
                SERVICE_NAME ": %s: Windows still removes the former service; close the "
                             "Services window and Task Manager, then try again\n",
                what);
        return EXIT_CODE_TIMED_OUT;
    }
    fprintf(stderr, SERVICE_NAME ": %s: %s\n", what, text_w_error(text, sizeof text, error));
    return error == ERROR_TIMEOUT ? EXIT_CODE_TIMED_OUT : EXIT_CODE_FAILED;
}
