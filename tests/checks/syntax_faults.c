/* What other compilers refuse and gcc accepts: syntax.py must find each of these lines. `expect` and the
 * mode name the warning. This file is part of no program. */

enum { LEFT = 1 };
enum { RIGHT = 2 };
enum color { RED, GREEN };
enum shape { ROUND, SQUARE };

#if defined(_MSC_VER)
__declspec(noreturn) void end(void);
#else
__attribute__((noreturn)) void end(void);
#endif

int sum(void);
int sum(void)
{
    return LEFT + RIGHT; /* expect msvc: C5287 */
}

int after_the_end(int is_over);
int after_the_end(int is_over)
{
    if (is_over)
        return 0;
    end();
    return 1; /* expect msvc: -Wunreachable-code-return */
}

enum shape convert(enum color color);
enum shape convert(enum color color)
{
    return color; /* expect msvc: -Wenum-conversion */
}

void print(void);
void print(void)
{
    printf("no header"); /* expect msvc: -Wimplicit-function-declaration */
}

int code(enum color color);
int code(enum color color)
{
    return color; /* expect arm64: -Wsign-conversion */
}

int statement(void);
int statement(void)
{
    return ({ 1; }); /* expect msvc: -Wgnu-statement-expression */
}
