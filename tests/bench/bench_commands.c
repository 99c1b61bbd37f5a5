/* Times two commands against each other: A B A B ..., wall time of the process, output discarded.
 *
 *     bench_commands COUNT "COMMAND A" "COMMAND B"
 *
 * Prints the median, minimum and maximum of each, and the median of the ratios A/B of each pair, so
 * that a machine whose speed drifts is fair to both. A measurement, never a verdict: ends with 0 when
 * all commands could be run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/win.h"

enum { RUNS_MAX = 200, COMMAND_LENGTH_MAX = 4096 };

static double now_ms(void)
{
    LARGE_INTEGER counter, frequency;
    QueryPerformanceCounter(&counter);
    QueryPerformanceFrequency(&frequency);
    return (double)counter.QuadPart * 1000.0 / (double)frequency.QuadPart;
}

/* Returns the wall time in ms, negative when the command could not be run. */
static double run(const wchar_t *command, DWORD *exit_code)
{
    wchar_t line[COMMAND_LENGTH_MAX];
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process = {0};
    double time = -1;
    if (wcslen(command) >= COMMAND_LENGTH_MAX)
        return -1;
    wcscpy(line, command); /* CreateProcessW writes into its command line */
    HANDLE nul = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE,
                             FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit, OPEN_EXISTING, 0, NULL);
    startup.hStdInput = startup.hStdOutput = startup.hStdError = nul;
    const double begin = now_ms();
    if (CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
        WaitForSingleObject(process.hProcess, INFINITE);
        time = now_ms() - begin;
        GetExitCodeProcess(process.hProcess, exit_code);
        CloseHandle(process.hThread);
        CloseHandle(process.hProcess);
    }
    CloseHandle(nul);
    return time;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, size_t count)
{
    double sorted[RUNS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return count % 2 != 0 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static void print_times(const char *label, const double *times, size_t count, DWORD exit_code)
{
    double least = times[0], most = times[0];
    for (size_t i = 1; i < count; i++) {
        least = times[i] < least ? times[i] : least;
        most = times[i] > most ? times[i] : most;
    }
    printf("  %s  median %8.1f ms   min %8.1f   max %8.1f   exit %lu\n", label,
           median(times, count), least, most, exit_code);
}

int wmain(int argc, wchar_t **argv); /* the CRT calls it, no header declares it */

int wmain(int argc, wchar_t **argv)
{
    static double a[RUNS_MAX], b[RUNS_MAX], ratio[RUNS_MAX];
    DWORD exit_a = 0, exit_b = 0;
    const long count = argc == 4 ? wcstol(argv[1], NULL, 10) : 0;
    if (count < 1 || count > RUNS_MAX) {
        fputs("usage: bench_commands COUNT(1..200) \"COMMAND A\" \"COMMAND B\"\n", stderr);
        return 2;
    }
    for (long i = -1; i < count; i++) { /* the first pair warms up */
        const double time_a = run(argv[2], &exit_a), time_b = run(argv[3], &exit_b);
        if (time_a < 0 || time_b < 0) {
            fprintf(stderr, "bench_commands: a command cannot be started: error %lu\n",
                    GetLastError());
            return 1;
        }
        if (i >= 0) {
            a[i] = time_a;
            b[i] = time_b;
            ratio[i] = time_a / time_b;
        }
    }
    printf("  A: %ls\n  B: %ls\n", argv[2], argv[3]);
    print_times("A", a, (size_t)count, exit_a);
    print_times("B", b, (size_t)count, exit_b);
    printf("  A/B  median %.3f  over %ld pairs\n", median(ratio, (size_t)count), count);
    return 0;
}
