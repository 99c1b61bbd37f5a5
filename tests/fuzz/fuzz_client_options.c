/* The input is a command line of lsmap, its arguments separated by NUL. Whatever is given: the options
 * are within their bounds, or one line says what is wrong and can be shown. */
#include "client/options.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/utf.h"
#include "tests/fuzz/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGUMENTS_MAX = 64 };

static void check_good(const struct options *options, char *const *argv, int argc)
{
    FUZZ_CHECK(options->request.pids_count <= REQUEST_PIDS_MAX);
    FUZZ_CHECK(options->request.names_count <= REQUEST_NAMES_MAX);
    FUZZ_CHECK(options->images_count <= REQUEST_NAMES_MAX);
    FUZZ_CHECK(options->paths_count <= REQUEST_PATHS_MAX);
    FUZZ_CHECK(options->not_under_count <= OPTIONS_FOLDERS_MAX);
    for (size_t i = 0; i < options->request.pids_count; i++)
        for (size_t j = 0; j < i; j++)
            FUZZ_CHECK(options->request.pids[i] != options->request.pids[j]);
    for (size_t i = 0; i < options->request.names_count; i++) { /* spans point into the arguments */
        bool is_inside = false;
        for (int k = 1; k < argc; k++)
            is_inside =
                is_inside || (options->request.names[i].data >= argv[k] &&
                              options->request.names[i].data + options->request.names[i].size <=
                                  argv[k] + strlen(argv[k]));
        FUZZ_CHECK(is_inside);
    }
    FUZZ_CHECK(memchr(options->pipe, '\0', sizeof options->pipe) != NULL);
}

static void check_bad(const char *message)
{
    const size_t size = strlen(message);

    FUZZ_CHECK(size > 0 && size < OPTIONS_ERROR_CAPACITY);
    for (size_t offset = 0; offset < size;)
        FUZZ_CHECK(!utf_is_unsafe(utf8_next((struct span){message, size}, &offset)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct options options, untouched;
    static char program[] = "lsmap";
    char *argv[ARGUMENTS_MAX + 2] = {program};
    char message[OPTIONS_ERROR_CAPACITY] = "";
    int argc = 1;
    char *text = malloc(size + 1); /* exact, so that a byte too far is seen */

    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    for (size_t at = 0; at <= size && argc <= ARGUMENTS_MAX; at += strlen(text + at) + 1)
        argv[argc++] = text + at;
    memset(&options, 0x5a, sizeof options);
    memset(&untouched, 0x5a, sizeof untouched);
    if (options_parse(argc, argv, &options, message)) {
        check_good(&options, argv, argc);
    } else {
        FUZZ_CHECK(memcmp(&options, &untouched, sizeof options) == 0);
        check_bad(message);
    }
    free(text);
    return 0;
}
