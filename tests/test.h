/* Minimal unit-test harness: one header, one executable per module.
 *
 *     static void utf_rejects_overlong(struct test *t) { CHECK(t, ...); }
 *     int main(int argc, char **argv)
 *     {
 *         static const struct test_case cases[] = {TEST_CASE(utf_rejects_overlong)};
 *         return test_main(argc, argv, cases, TEST_COUNT(cases));
 *     }
 *
 * CHECK* record a failure and continue; REQUIRE* record it and return from the test function.
 * TEST_ROW names the row of a table-driven test; it is printed with every failure that follows.
 * A test function that is missing in the table is an unused static function, which our warning level
 * makes a build error. Exit status: 0 all passed, 1 something failed or nothing ran,
 * 77 everything was skipped (CTest's SKIP_RETURN_CODE).
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TEST_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEST_CASE(fn) \
    {                 \
#fn, fn       \
    }

#if defined(__MINGW32__) /* plain "printf" means msvcrt's formats there, without %zu */
#define TEST_PRINTF(fmt, args) __attribute__((format(__MINGW_PRINTF_FORMAT, fmt, args)))
#elif defined(__GNUC__)
#define TEST_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define TEST_PRINTF(fmt, args)
#endif

struct test {
    const char *name;
    const char *skip_reason; /* NULL unless TEST_SKIP was used */
    char row[96];            /* current row of a table-driven test, or "" */
    unsigned failed;         /* checks that failed in this test */
};

struct test_case {
    const char *name;
    void (*run)(struct test *t);
};

static inline void test_fail(struct test *t, const char *file, int line, const char *what)
{
    t->failed++;
    printf("%s:%d: %s%s%s%s: %s\n", file, line, t->name, t->row[0] ? " [" : "", t->row,
           t->row[0] ? "]" : "", what);
}

static inline bool test_check(struct test *t, bool ok, const char *file, int line, const char *what)
{
    if (!ok)
        test_fail(t, file, line, what);
    return ok;
}

static inline bool test_check_int(struct test *t, intmax_t expected, intmax_t actual,
                                  const char *file, int line, const char *what)
{
    if (expected == actual)
        return true;
    test_fail(t, file, line, what);
    printf("  expected %" PRIdMAX " (0x%" PRIxMAX ")\n  actual   %" PRIdMAX " (0x%" PRIxMAX ")\n",
           expected, (uintmax_t)expected, actual, (uintmax_t)actual);
    return false;
}

static inline void test_dump(const char *label, const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    printf("  %s %zu bytes: ", label, size);
    for (size_t i = 0; i < size && i < 64; i++)
        printf(p[i] >= 0x20 && p[i] < 0x7f ? "%c" : "\\x%02x", p[i]);
    puts(size > 64 ? "..." : "");
}

static inline bool test_check_mem(struct test *t, const void *expected, size_t expected_size,
                                  const void *actual, size_t actual_size, const char *file,
                                  int line, const char *what)
{
    if (expected_size == actual_size &&
        (expected_size == 0 || memcmp(expected, actual, expected_size) == 0))
        return true;
    test_fail(t, file, line, what);
    test_dump("expected", expected, expected_size);
    test_dump("actual  ", actual, actual_size);
    return false;
}

/* A function, so that `actual` is evaluated once. */
static inline bool test_check_str(struct test *t, const char *expected, const char *actual,
                                  const char *file, int line, const char *what)
{
    return test_check_mem(t, expected, strlen(expected), actual, strlen(actual), file, line, what);
}

TEST_PRINTF(2, 3) static inline void test_row(struct test *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(t->row, sizeof t->row, format, args);
    va_end(args);
}

#define CHECK(t, cond) test_check((t), (cond), __FILE__, __LINE__, #cond)
#define CHECK_INT(t, expected, actual) \
    test_check_int((t), (intmax_t)(expected), (intmax_t)(actual), __FILE__, __LINE__, #actual)
#define CHECK_MEM(t, expected, expected_size, actual, actual_size)                                \
    test_check_mem((t), (expected), (expected_size), (actual), (actual_size), __FILE__, __LINE__, \
                   #actual)
#define CHECK_STR(t, expected, actual) \
    test_check_str((t), (expected), (actual), __FILE__, __LINE__, #actual)
#define REQUIRE(t, cond)                                         \
    do {                                                         \
        if (!test_check((t), (cond), __FILE__, __LINE__, #cond)) \
            return;                                              \
    } while (0)
#define TEST_ROW(t, ...) test_row((t), __VA_ARGS__)
#define TEST_SKIP(t, reason)         \
    do {                             \
        (t)->skip_reason = (reason); \
        return;                      \
    } while (0)

/* argv[1], when given, runs only the tests whose name contains it; "--list" lists them. */
static inline int test_main(int argc, char **argv, const struct test_case *cases, size_t count)
{
    const char *filter = argc > 1 ? argv[1] : "";
    unsigned passed = 0, failed = 0, skipped = 0;

    setvbuf(stdout, NULL, _IONBF, 0); /* keep the last line when a test crashes */
    for (size_t i = 0; i < count; i++) {
        struct test t = {.name = cases[i].name};
        if (strcmp(filter, "--list") == 0) {
            puts(t.name);
            continue;
        }
        if (strstr(t.name, filter) == NULL)
            continue;
        cases[i].run(&t);
        if (t.failed > 0) {
            failed++;
        } else if (t.skip_reason != NULL) {
            skipped++;
            printf("SKIP %s: %s\n", t.name, t.skip_reason);
        } else {
            passed++;
        }
    }
    if (strcmp(filter, "--list") == 0)
        return 0;
    printf("%u passed, %u failed", passed, failed);
    if (skipped > 0)
        printf(", %u skipped", skipped);
    puts("");
    if (failed > 0 || passed + skipped == 0)
        return 1;
    return passed == 0 ? 77 : 0;
}

#endif
