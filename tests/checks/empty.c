/* What headers.cmake compiles behind the header it looks at. */
typedef int empty_translation_unit;
