#include "client/win32/compare_files.h"

#include "client/diff_run.h"
#include "client/win32/file_source.h"
#include "common/win32/text_w.h"

enum outcome compare_files(const struct console *console, const struct options *options)
{
    struct file_source sources[2] = {0};
    const struct diff_settings settings = {
        .options = options,
        .output = &console->output,
        .width = console->width,
        .sources = {&sources[0].source, &sources[1].source},
    };
    enum outcome outcome = OUTCOME_COMPLETE;
    char why[FAILURE_DETAIL_CAPACITY];

    for (size_t i = 0; i < 2 && outcome == OUTCOME_COMPLETE; i++) {
        DWORD error = file_source_open(&sources[i], options->files[i]);
        if (error != ERROR_SUCCESS)
            outcome = diff_complain_file(&settings, options->files[i],
                                         text_w_error(why, sizeof why, error));
    }
    if (outcome == OUTCOME_COMPLETE)
        outcome = diff_run(&settings);
    file_source_close(&sources[0]);
    file_source_close(&sources[1]);
    return outcome;
}
