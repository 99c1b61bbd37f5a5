/* Runs a fuzz target over files named on the command line: turns the corpus into regression
 * tests on compilers without libFuzzer (gcc, mingw, MSVC). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_SIZE_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#ifdef HAS_MISSED
int fuzz_missed(void); /* prints what the corpus must reach and does not; returns how much */
#else
#define fuzz_missed() 0
#endif

static int replay(const char *path)
{
    static uint8_t data[SEED_SIZE_MAX + 1];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 1;
    size_t size = fread(data, 1, sizeof data, file);
    int failed = ferror(file) != 0 || size > SEED_SIZE_MAX;
    fclose(file);
    if (failed)
        return 1;
    uint8_t *copy = malloc(size > 0 ? size : 1); /* exact size, so that ASan sees an overread */
    if (copy == NULL)
        return 1;
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    setvbuf(stdout, NULL, _IONBF, 0); /* the last line names the file when the target aborts */
    for (int i = 1; i < argc; i++) {
        printf("%s\n", argv[i]);
        if (replay(argv[i]) != 0) {
            printf("%s: cannot be read, or is larger than %d bytes\n", argv[i], SEED_SIZE_MAX);
            failed++;
        }
    }
    failed += fuzz_missed();
    printf("%d passed, %d failed\n", argc - 1 - failed, failed);
    return argc > 1 && failed == 0 ? 0 : 1;
}
