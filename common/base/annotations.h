/* The source annotations used in our headers, and nothing more.
 *
 * On Windows they come from <sal.h>, so that /analyze reads them; elsewhere they are empty.
 * NODISCARD marks every function whose result is an error: dropping it is a build error on all
 * compilers.
 */
#ifndef COMMON_BASE_ANNOTATIONS_H
#define COMMON_BASE_ANNOTATIONS_H

#if defined(_WIN32)
#include <sal.h>
#else
#define _In_
#define _In_opt_
#define _Inout_
#define _Inout_opt_
#define _Out_
#define _Out_opt_
#define _In_reads_(count)
#define _In_reads_bytes_(size)
#define _Out_writes_(capacity)
#define _Out_writes_to_(capacity, count)
#define _Out_writes_bytes_to_(capacity, size)
#endif

#if defined(__GNUC__)
#define NODISCARD __attribute__((warn_unused_result))
#elif defined(_MSC_VER)
#define NODISCARD _Must_inspect_result_
#else
#define NODISCARD
#endif

#if defined(_MSC_VER)
#define NORETURN __declspec(noreturn)
#elif defined(__GNUC__)
#define NORETURN __attribute__((noreturn))
#else
#define NORETURN
#endif

#if defined(__MINGW32__) /* plain "printf" means msvcrt's formats there, without %zu */
#include <stdio.h>
#define PRINTF_FORMAT(text_index, first_argument) \
    __attribute__((format(__MINGW_PRINTF_FORMAT, text_index, first_argument)))
#elif defined(__GNUC__)
#define PRINTF_FORMAT(text_index, first_argument) \
    __attribute__((format(printf, text_index, first_argument)))
#else
#define PRINTF_FORMAT(text_index, first_argument)
#endif

#endif
