/* What every declaration needs: the C types, and source annotations, which come from <sal.h> on
 * Windows, for /analyze, and are empty elsewhere. NODISCARD marks every function whose result is an
 * error that must be looked at. */
#ifndef COMMON_BASE_ANNOTATIONS_H
#define COMMON_BASE_ANNOTATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
#define _Out_writes_(capacity)
#define _Out_writes_bytes_to_(capacity, size)
#endif

#if defined(_MSC_VER)
#define NODISCARD _Must_inspect_result_
#define NORETURN __declspec(noreturn)
#define PRINTF_FORMAT(format_index, first_argument)
#else
#define NODISCARD __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#if defined(__MINGW32__) /* where plain "printf" means msvcrt's formats, without %zu */
#include <stdio.h>
#define PRINTF_KIND __MINGW_PRINTF_FORMAT
#else
#define PRINTF_KIND printf
#endif
#define PRINTF_FORMAT(format_index, first_argument) \
    __attribute__((format(PRINTF_KIND, format_index, first_argument)))
#endif

#endif
