/* `lsmapd doctor`: proves on the machine it runs on what the tests could not prove elsewhere. */
#ifndef SERVICE_WIN32_DOCTOR_RUN_H
#define SERVICE_WIN32_DOCTOR_RUN_H

#include <stdbool.h>

#include "service/win32/exit_codes.h"

/* Runs every check and prints the report on stdout. Changes nothing but this process: it opens the
 * service's pipe and makes one of its own for a moment.
 * json  JSON lines instead of text.
 * Returns EXIT_CODE_OK when nothing failed, else EXIT_CODE_FAILED. */
enum exit_code doctor_run(bool json);

#endif
