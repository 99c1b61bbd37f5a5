/* The checks of lsmap-doctor by subject. Each adds its findings to machine->report. */
#ifndef TESTS_DOCTOR_CHECKS_H
#define TESTS_DOCTOR_CHECKS_H

#include "tests/doctor/machine.h"

void check_answer(_Inout_ struct machine *machine);   /* service.answers */
void check_pipe(_Inout_ struct machine *machine);     /* pipe.* */
void check_identity(_Inout_ struct machine *machine); /* client.* */
void check_process(_Inout_ struct machine *machine);  /* process.* */
void check_service(_Inout_ struct machine *machine);  /* the other service.*, places */
void check_restart(_Inout_ struct machine *machine);  /* service.restart */
void check_queries(_Inout_ struct machine *machine);  /* query.* */

void check_stale(_Inout_ struct machine *machine); /* file.stale */

void check_names(_Inout_ struct machine *machine); /* name.* */
void check_files(_Inout_ struct machine *machine); /* file.users */

/* scan.*, handle.*, devices.*, bench.*
 * bench  Measures, which takes a while. */
void check_scan(_Inout_ struct machine *machine, bool bench);

void check_sections(_Inout_ struct machine *machine); /* sections.* */

/* The second process of check_sections(): started before hardening forbids it, and ended at the end.
 * _run() is that process; it returns false for any other command line. */
void section_child_start(void);
void section_child_stop(void);
bool section_child_run(int argc, wchar_t **argv);

#endif
