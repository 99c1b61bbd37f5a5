/* Runs the console sessions of a document and compares the output. LSMAP_DOCUMENT names the file.
 *
 * A command is run by cmd.exe in C:\Demo, as a reader would type it, and must end with 0, unless
 * the next one is `echo %ERRORLEVEL%`, which shows the exit code; that number is compared exactly.
 * The account that runs the test is called alice in documents. `start demo.exe FILE...` starts another process to list. Before install.cmd lsmap is removed. If the
 * output differs, the real output is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/text/buffer.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "tests/documents/stage.h"
#include "tests/documents/transcript.h"
#include "tests/system/command.h"
#include "tests/test.h"

enum { DOCUMENT_SIZE_MAX = 1024 * 1024, LINE_LENGTH = 2048, EXIT_SKIPPED = 77 };

#define SHOW_EXIT SPAN("echo %ERRORLEVEL%")
#define START SPAN("start ")
#define INSTALL SPAN("install.cmd")

static char document[DOCUMENT_SIZE_MAX];

static size_t read_document(const char *name)
{
    FILE *file = name != NULL ? fopen(name, "rb") : NULL;
    if (file == NULL)
        return 0;
    size_t size = fread(document, 1, sizeof document, file);
    (void)fclose(file);
    return size;
}

static bool fail(const struct transcript_step *step, const char *what, struct span output)
{
    printf("line %u: > %.*s\n  %s\n%.*s\n", step->line, (int)step->command.size, step->command.data,
           what, (int)output.size, output.size > 0 ? output.data : "");
    return false;
}

static bool is_next(struct transcript transcript, struct span command)
{
    struct transcript_step step;
    return transcript_next(&transcript, &step) && span_equal(step.command, command);
}

/* Writes alice in place of the account of this process, as a word of its own; and of a process of Wine 10,
 * which is a filtered administrator, what Wine 8 says. */
static struct span rename_account(struct buffer *out, struct span text)
{
    wchar_t name_w[256];
    DWORD len = 256;
    char name[512] = "";

    if (!GetUserNameW(name_w, &len) || text_w_to_utf8(name, sizeof name, name_w) != ERROR_SUCCESS)
        return text;
    const struct span account = span_from_string(name);
    for (size_t i = 0; i < text.size; i++) {
        struct span rest = span_from(text, i);
        const char end = rest.size > account.size ? rest.data[account.size] : ' ';
        const bool is_word = i > 0 && text.data[i - 1] == ' ' && span_starts_with(rest, account) &&
                             (end == ' ' || end == '\r' || end == '\n');
        const bool is_limited = span_starts_with(rest, SPAN("elevation:      limited"));
        struct span shown = is_word ? SPAN("alice") : (struct span){rest.data, 1};
        if (is_word)
            i += account.size - 1;
        if (is_limited) {
            i += sizeof "elevation:      limited" - 2;
            shown = SPAN("elevation:      full");
        }
        if (!buffer_append(out, shown))
            abort();
    }
    return buffer_span(out);
}

/* Runs one command.
 * exit_code  Receives its exit code; unchanged by the command that shows it. */
static bool play(struct stage *stage, const struct transcript *rest,
                 const struct transcript_step *step, DWORD *exit_code)
{
    wchar_t line[LINE_LENGTH] = L"cmd.exe /d /s /c \"";
    size_t length = wcslen(line);
    struct command command;
    struct buffer renamed;
    char shown[32];

    if (span_equal(step->command, SHOW_EXIT)) {
        int size = snprintf(shown, sizeof shown, "%lu\n", (unsigned long)*exit_code);
        struct span number = {shown, (size_t)size};
        return span_equal(step->expected, number) || fail(step, "the exit code is", number);
    }
    if (text_w_from_utf8(line + length, LINE_LENGTH - length - 1, step->command) != ERROR_SUCCESS)
        return fail(step, "not a command", step->expected);
    if (span_starts_with(step->command, START))
        return stage_start_demo(stage, line + length + START.size) ||
               fail(step, "does not start", step->expected);
    if (span_equal(step->command, INSTALL) && !stage_uninstall())
        return fail(step, "lsmap cannot be removed before", step->expected);
    wcscat(line, L"\"");
    bool ran = command_run(&command, line) == ERROR_SUCCESS;
    buffer_init(&renamed, COMMAND_OUTPUT_SIZE_MAX);
    struct span output = rename_account(&renamed, buffer_span(&command.output));
    *exit_code = command.exit_code;
    bool good = true;
    if (!ran)
        good = fail(step, "did not end", output);
    else if (*exit_code != 0 && !is_next(*rest, SHOW_EXIT))
        good = fail(step, "ended with an exit code that is not 0 and not shown", output);
    else if (!transcript_matches(step->expected, output))
        good = fail(step, "prints", output);
    buffer_release(&renamed);
    command_release(&command);
    return good;
}

/* True for the message that lsmap prints when it refuses a command line. */
static bool points_to_help(const struct buffer *output)
{
    struct span pointer = SPAN("(see lsmap --help)\n"), text = buffer_span(output);
    return text.size >= pointer.size &&
           span_equal(span_from(text, text.size - pointer.size), pointer);
}

/* A command that is only mentioned must be accepted by lsmap; the pipe has no server. */
static bool is_understood(struct span mention)
{
    wchar_t line[LINE_LENGTH];
    struct command command;

    if (text_w_from_utf8(line, LINE_LENGTH / 2, mention) != ERROR_SUCCESS)
        return false;
    if (!span_starts_with(mention, SPAN("lsmap help")) &&
        !span_starts_with(mention, SPAN("lsmap diff")))
        wcscat(line, L" --pipe lsmap-nobody");
    bool ran = command_run(&command, line) == ERROR_SUCCESS;
    bool good = ran && !points_to_help(&command.output);
    if (!good)
        printf("`%.*s` is not understood\n%.*s\n", (int)mention.size, mention.data,
               (int)command.output.size, command.output.size > 0 ? command.output.data : "");
    command_release(&command);
    return good;
}

int main(void)
{
    struct stage stage = {0};
    struct transcript transcript;
    struct transcript_step step;
    unsigned passed = 0, failed = 0;
    DWORD exit_code = 0;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (!system_is_wine()) {
        puts("SKIP documents: they show the output under Wine\n"
             "0 passed, 0 failed, 1 skipped");
        return EXIT_SKIPPED;
    }
    struct span text = {document, read_document(getenv("LSMAP_DOCUMENT"))}, mention;
    transcript_init(&transcript, text);
    const char *problem = stage_build(&stage);
    if (problem != NULL)
        printf("%s\n", problem);
    while (problem == NULL && transcript_next(&transcript, &step)) {
        if (play(&stage, &transcript, &step, &exit_code))
            passed++;
        else
            failed++;
    }
    while (problem == NULL && transcript_next_mention(&text, &mention)) {
        if (is_understood(mention))
            passed++;
        else
            failed++;
    }
    stage_strike(&stage);
    failed += passed + failed == 0; /* nothing was shown */
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0;
}
