/* Lines of replies, for the tests of what happens to rows. */
#ifndef TESTS_UNIT_ROW_LINES_H
#define TESTS_UNIT_ROW_LINES_H

#define P(id, pid) \
    "{\"id\":" id ",\"type\":\"process\",\"pid\":" pid ",\"name\":\"a\",\"access\":\"full\"}\n"
#define M(id, pid, base, size, path)                                                   \
    "{\"id\":" id ",\"type\":\"map\",\"pid\":" pid ",\"process\":\"a\",\"base\":" base \
    ",\"size\":" size ",\"kind\":\"data\",\"path\":" path "}\n"
#define E(id, pid) \
    "{\"id\":" id ",\"type\":\"process_error\",\"pid\":" pid ",\"code\":\"internal\"}\n"
#define R(id, pid) \
    "{\"id\":" id ",\"type\":\"region\",\"pid\":" pid ",\"size\":1,\"state\":\"MEM_COMMIT\"}\n"
#define END(id, processes, rows, errors, complete)                               \
    "{\"id\":" id ",\"type\":\"end\",\"processes\":" processes ",\"rows\":" rows \
    ",\"errors\":" errors ",\"complete\":" complete ",\"scope\":\"all\",\"later\":{\"rows\":1}}\n"
#define ERROR(id) "{\"id\":" id ",\"type\":\"error\",\"code\":\"denied\",\"message\":\"m\"}\n"

#endif
