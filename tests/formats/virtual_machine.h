/* A server for the client's formats without Windows: all recorded layouts as one machine, any number
 * of times, and a process with file names that are hard for formats. */
#ifndef TESTS_FORMATS_VIRTUAL_MACHINE_H
#define TESTS_FORMATS_VIRTUAL_MACHINE_H

#include <stddef.h>

#include "client/exchange.h"

struct virtual_machine; /* opaque: virtual_machine.c */

/* copies  How often the processes of the layouts run. Ends the program when a layout cannot be read
 * or memory is short. */
struct virtual_machine *virtual_machine_create(size_t copies);
void virtual_machine_destroy(struct virtual_machine *machine);

/* A transport whose requests the machine answers; valid until it is destroyed. */
const struct transport *virtual_machine_transport(const struct virtual_machine *machine);

#endif
