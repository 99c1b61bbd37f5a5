/* headers.cmake compiles this after each header. */
typedef int empty_translation_unit;
