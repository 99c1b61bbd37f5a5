/* lsmap's own options, requests and formats over a virtual machine: for tools that read what it
 * prints, where there is no Windows.
 *
 *     virtual_lsmap COPIES HOST [OPTION...] > FILE
 *
 * HOST is the name of the machine for --host. Exits as lsmap does.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/run.h"
#include "tests/formats/virtual_machine.h"
#include "tests/rows/asked_paths.h"

static bool write_out(void *context, struct span bytes)
{
    (void)context;
    return fwrite(bytes.data, 1, bytes.size, stdout) == bytes.size;
}

static void write_error(void *context, struct span line)
{
    (void)context;
    (void)fwrite(line.data, 1, line.size, stderr);
}

static uint64_t noon(void *context)
{
    (void)context;
    return 134084791231234567u;
}

int main(int argc, char **argv)
{
    static const uint8_t random[ENVELOPE_RANDOM_SIZE] = {0};
    const struct output output = {.write = write_out, .complain = write_error};
    char message[OPTIONS_ERROR_CAPACITY];
    struct envelope envelope;
    struct options options;
    static struct asked_list paths;

    if (argc < 4 || !options_parse(argc - 2, argv + 2, &options, message)) {
        fprintf(stderr, "virtual_lsmap: %s\n", argc < 4 ? "too few arguments" : message);
        return OUTCOME_USAGE;
    }
    envelope_init(&envelope, argv[2], 134084000000000000u, random);
    asked_paths(&paths, &options);
    struct virtual_machine *machine = virtual_machine_create(strtoul(argv[1], NULL, 10));
    const struct run_settings settings = {.options = &options,
                                          .transport = virtual_machine_transport(machine),
                                          .output = &output,
                                          .paths = &paths,
                                          .folders = options.not_under,
                                          .folders_count = options.not_under_count,
                                          .envelope = options.host ? &envelope : NULL,
                                          .now = noon};
    enum outcome outcome = run_request(&settings);
    virtual_machine_destroy(machine);
    asked_release(&paths);
    return fflush(stdout) == 0 ? (int)outcome : (int)OUTCOME_INCOMPLETE;
}
