#include "common/scan/device_map.h"

#include <stdlib.h>

#include "common/base/bounds.h"
#include "tests/test.h"

struct prefix {
    enum device_form form;
    const char *device, *target;
};

struct rewrite_row {
    const char *device_path;
    const char *path; /* NULL: unknown */
};

/* In the order of device_query.c: letters, folders, volumes without letter, redirectors. */
static const struct prefix typical[] = {
    {DEVICE_VOLUME, "\\Device\\HarddiskVolume1", "E:"},
    {DEVICE_VOLUME, "\\Device\\HarddiskVolume3", "C:"},
    {DEVICE_VOLUME, "\\Device\\CdRom0", "D:"},
    {DEVICE_VOLUME, "\\Device\\ImDisk0", "R:\\"},
    {DEVICE_VOLUME, "\\Device\\HarddiskVolume5", "C:\\mnt\\data"},
    {DEVICE_VOLUME, "\\Device\\HarddiskVolume5", "\\\\?\\Volume{55555555-0000}"},
    {DEVICE_VOLUME, "\\Device\\HarddiskVolume6", "\\\\?\\Volume{66666666-0000}\\"},
    {DEVICE_VOLUME, "\\Device\\HarddiskVolumeShadowCopy7", "S:"},
    {DEVICE_VOLUME, "\\Device\\M\xC3\xA9moire", "M:"},
};

static void fill(struct test *t, struct device_map *map, const struct prefix *prefixes,
                 size_t count)
{
    device_map_init(map);
    for (size_t i = 0; i < count; i++)
        CHECK_INT(t, STATUS_OK,
                  device_map_add(map, prefixes[i].form, span_from_string(prefixes[i].device),
                                 span_from_string(prefixes[i].target)));
}

/* The input is in memory of exactly its size, so that a sanitizer sees one byte too many. */
static bool rewrite(const struct device_map *map, struct span text, struct buffer *path)
{
    char *exact = malloc(text.size > 0 ? text.size : 1);
    if (exact == NULL)
        abort();
    if (text.size > 0)
        memcpy(exact, text.data, text.size);
    bool found = device_map_rewrite(map, (struct span){exact, text.size}, path);
    free(exact);
    return found;
}

static void check_rows(struct test *t, const struct device_map *map, const struct rewrite_row *rows,
                       size_t count)
{
    struct buffer path;

    buffer_init(&path, NAME_SIZE_MAX * 2);
    for (size_t i = 0; i < count; i++) {
        TEST_ROW(t, "%s", rows[i].device_path);
        bool found = rewrite(map, span_from_string(rows[i].device_path), &path);
        CHECK_INT(t, rows[i].path != NULL, found);
        const char *expected = rows[i].path != NULL ? rows[i].path : "";
        CHECK_MEM(t, expected, strlen(expected), path.data, path.size);
    }
    buffer_release(&path);
}

static void volumes_become_letters_folders_or_volume_names(struct test *t)
{
    static const struct rewrite_row rows[] = {
        {"", NULL},
        {"\\", NULL},
        {"C:\\a.dll", "C:\\a.dll"}, /* Wine has files without a device */
        {"C:", NULL},
        {"C:a.dll", NULL},
        {"\\Device", NULL},
        {"\\Device\\HarddiskVolume", NULL},
        {"\\Device\\HarddiskVolume3\\Windows\\System32\\ntdll.dll",
         "C:\\Windows\\System32\\ntdll.dll"},
        {"\\Device\\HarddiskVolume3\\", "C:\\"},
        {"\\Device\\HarddiskVolume3", "C:\\"},
        {"\\Device\\HarddiskVolume1\\a", "E:\\a"},
        {"\\Device\\HarddiskVolume12\\a", NULL}, /* not HarddiskVolume1 */
        {"\\Device\\HarddiskVolume10", NULL},
        {"\\Device\\HarddiskVolume2\\a", NULL},
        {"\\device\\HARDDISKVOLUME3\\a", "C:\\a"},
        {"\\Device\\HarddiskVolume3\\a:stream", "C:\\a:stream"},
        {"\\Device\\HarddiskVolume3\\..\\a", "C:\\..\\a"},
        {"\\Device\\HarddiskVolume3\\\\a", "C:\\\\a"},
        {"\\Device\\HarddiskVolume3/a", NULL}, /* the kernel knows one separator */
        {"\\\\Device\\HarddiskVolume3\\a", NULL},
        {"Device\\HarddiskVolume3\\a", NULL},
        {"\\Device\\CdRom0\\setup.exe", "D:\\setup.exe"},
        {"\\Device\\ImDisk0\\x", "R:\\x"},
        {"\\Device\\HarddiskVolume5\\f", "C:\\mnt\\data\\f"}, /* the first target stays */
        {"\\Device\\HarddiskVolume5", "C:\\mnt\\data\\"},
        {"\\Device\\HarddiskVolume6\\f", "\\\\?\\Volume{66666666-0000}\\f"},
        {"\\Device\\HarddiskVolume6", "\\\\?\\Volume{66666666-0000}\\"},
        {"\\DEVICE\\M\xC3\x89MOIRE\\f", "M:\\f"}, /* folded as Windows folds */
        {"\\Device\\Memoire\\f", NULL},
        {"\\Device\\M\xC3", NULL},
        {"\\FI_UNKNOWN", NULL},
        {"\\Windows\\System32\\ntdll.dll", NULL}, /* no volume at all: older traces */
    };
    struct device_map map;

    fill(t, &map, typical, TEST_COUNT(typical));
    check_rows(t, &map, rows, TEST_COUNT(rows));
    device_map_release(&map);
}

static void redirectors_become_unc_paths(struct test *t)
{
    static const struct rewrite_row rows[] = {
        {"\\Device\\Mup\\server\\share\\a.dll", "\\\\server\\share\\a.dll"},
        {"\\Device\\Mup\\server\\share", "\\\\server\\share"},
        {"\\Device\\Mup\\server\\share\\", "\\\\server\\share\\"},
        {"\\Device\\Mup\\server\\", NULL}, /* no share, no file */
        {"\\Device\\Mup\\server", NULL},
        {"\\Device\\Mup\\", NULL},
        {"\\Device\\Mup", NULL},
        {"\\Device\\Mup2\\server\\share\\a", NULL},
        {"\\Device\\Mup\\\\share\\a", NULL},
        {"\\Device\\Mup\\server\\\\a", NULL},
        {"\\Device\\Mup\\10.0.0.7\\c$\\a", "\\\\10.0.0.7\\c$\\a"},
        {"\\Device\\LanmanRedirector\\;Z:0000000000012345\\server\\share\\x",
         "\\\\server\\share\\x"},
        {"\\Device\\LanmanRedirector\\server\\share\\x", "\\\\server\\share\\x"},
        {"\\Device\\LanmanRedirector\\;Z:0000000000012345\\server", NULL},
        {"\\Device\\LanmanRedirector\\;Z:0000000000012345", NULL},
        {"\\Device\\Mup\\;LanmanRedirector\\;Z:0000000000012345\\server\\share\\x",
         "\\\\server\\share\\x"},
        {"\\Device\\Mup\\;LanmanRedirector\\server\\share\\x", "\\\\server\\share\\x"},
        {"\\Device\\Mup\\DfsClient\\;Z:0000000000012345\\server\\share\\x", "\\\\server\\share\\x"},
        {"\\Device\\Mup\\;WebDavRedirector\\;W:000000000001f2a3\\host@SSL\\DavWWWRoot\\x",
         "\\\\host@SSL\\DavWWWRoot\\x"},
        {"\\Device\\Mup\\;RdpDr\\;:1\\tsclient\\C\\x", "\\\\tsclient\\C\\x"},
        {"\\Device\\Mup\\;Csc\\.\\.\\server\\share\\x", "\\\\server\\share\\x"}, /* offline files */
        {"\\Device\\Mup\\;csc\\.\\.\\server", NULL},
        {"\\Device\\Mup\\;Csc\\.\\.", NULL},
        {"\\Device\\Mup\\;Csc\\.\\pipe\\x", NULL},
        {"\\Device\\Mup\\;Csc\\.\\.\\?\\C:\\x", NULL},
        {"\\Device\\vmsmb\\VSMB-{dcc079ae}\\os\\Windows\\x.dll",
         "\\\\?\\VMSMB\\VSMB-{dcc079ae}\\os\\Windows\\x.dll"},
        {"\\Device\\RdpDr\\;:1\\tsclient\\C\\x", "\\\\tsclient\\C\\x"},
        {"\\Device\\Mup\\;\\;\\;\\;", NULL},
        {"\\Device\\Mup\\;a\\b\\;c\\server\\share", "\\\\server\\share"},
        {"\\Device\\hgfs\\;z:0000000000012345\\vmware-host\\Shared Folders\\f",
         "\\\\vmware-host\\Shared Folders\\f"},
        {"\\Device\\VBoxMiniRdr\\;E:\\vboxsvr\\share\\f", "\\\\vboxsvr\\share\\f"},
        {"\\DEVICE\\MUP\\Server\\Share\\X", "\\\\Server\\Share\\X"},
        /* would be \\?\C:\..., a local path, and \\.\pipe\..., a pipe */
        {"\\Device\\Mup\\?\\C:\\Windows\\explorer.exe", NULL},
        {"\\Device\\Mup\\.\\pipe\\x", NULL},
    };
    struct device_map map;

    fill(t, &map, typical, TEST_COUNT(typical));
    check_rows(t, &map, rows, TEST_COUNT(rows));
    device_map_release(&map);
}

static void dos_folders_need_no_table(struct test *t)
{
    static const struct rewrite_row rows[] = {
        {"\\??\\C:\\windows\\system32\\ntdll.dll", "C:\\windows\\system32\\ntdll.dll"},
        {"\\??\\c:\\x", "c:\\x"},
        {"\\??\\C:", "C:\\"},
        {"\\??\\C:\\", "C:\\"},
        {"\\??\\UNC\\server\\share\\x", "\\\\server\\share\\x"},
        {"\\??\\unc\\server\\share\\x", "\\\\server\\share\\x"},
        {"\\??\\UNC\\server", NULL},
        {"\\??\\UNC\\?\\C:\\x", NULL},
        {"\\??\\UNCLE\\x", "\\\\?\\UNCLE\\x"},
        {"\\??\\Volume{1111-2222}\\x", "\\\\?\\Volume{1111-2222}\\x"},
        {"\\??\\unix\\home\\x", "\\\\?\\unix\\home\\x"},
        {"\\??\\1:\\x", "\\\\?\\1:\\x"},
        {"\\??\\C:x", "\\\\?\\C:x"},
        {"\\GLOBAL??\\C:\\x", "C:\\x"},
        {"\\DosDevices\\C:\\x", "C:\\x"},
        {"\\??\\", NULL},
        {"\\??", NULL},
        {"\\??\\\\C:\\x", NULL},
        {"\\??C:\\x", NULL},
        {"\\?\\C:\\x", NULL},
        {"\\\\?\\C:\\x", NULL},
    };
    struct device_map map;

    device_map_init(&map);
    check_rows(t, &map, rows, TEST_COUNT(rows));
    device_map_release(&map);
}

static void shadow_copies_get_a_path_programs_can_open(struct test *t)
{
    static const struct rewrite_row rows[] = {
        {"\\Device\\HarddiskVolumeShadowCopy3\\a\\b",
         "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy3\\a\\b"},
        {"\\Device\\HarddiskVolumeShadowCopy12",
         "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy12"},
        {"\\device\\harddiskvolumeshadowcopy3\\x",
         "\\\\?\\GLOBALROOT\\device\\harddiskvolumeshadowcopy3\\x"},
        {"\\Device\\HarddiskVolumeShadowCopy7\\x", "S:\\x"}, /* mounted */
        {"\\Device\\HarddiskVolumeShadowCopy", NULL},
        {"\\Device\\HarddiskVolumeShadowCopy\\x", NULL},
        {"\\Device\\HarddiskVolumeShadowCop", NULL},
    };
    struct device_map map;

    fill(t, &map, typical, TEST_COUNT(typical));
    check_rows(t, &map, rows, TEST_COUNT(rows));
    device_map_release(&map);
}

/* A letter of another session, for instance: programs can open the file below \\?\GLOBALROOT. */
static void a_device_without_a_path_gets_one_below_the_root(struct test *t)
{
    static const struct rewrite_row rows[] = {
        {"\\Device\\Volume{1-2}\\a", "\\\\?\\GLOBALROOT\\Device\\Volume{1-2}\\a"},
        {"\\device\\volume{1-2}\\b", "\\\\?\\GLOBALROOT\\device\\volume{1-2}\\b"},
        {"\\Device\\Volume{1-2}x\\a", NULL},
        {"\\Device\\HarddiskVolume3\\a", "C:\\a"}, /* which the table knew */
        {"\\FI_UNKNOWN\\a", NULL},
    };
    static const char *const missed[] = {"\\Device\\Volume{1-2}\\a",
                                         "\\Device\\Volume{1-2}\\b",
                                         "\\Device\\HarddiskVolume3\\a",
                                         "\\FI_UNKNOWN\\a",
                                         "\\Device",
                                         "\\Device\\",
                                         ""};
    struct device_map map, roots;

    device_map_init(&roots);
    for (size_t i = 0; i < TEST_COUNT(missed); i++)
        device_map_add_root(&roots, span_from_string(missed[i]));
    CHECK_INT(t, 2, roots.count);
    fill(t, &map, typical, TEST_COUNT(typical));
    device_map_add_all(&map, &roots);
    check_rows(t, &map, rows, TEST_COUNT(rows));
    device_map_release(&map);
    device_map_release(&roots);
}

static void a_bare_name_is_no_file(struct test *t)
{
    static const struct {
        const char *name;
        bool is_file;
    } rows[] = {
        {"", false},
        {"Registry", false},
        {"MemCompression", false},
        {"\\Device\\HarddiskVolume3", false},
        {"\\Device\\HarddiskVolume3\\", false},
        {"\\device\\Mup", false},
        {"\\Device", false},
        {"\\Device\\HarddiskVolume3\\a", true},
        {"\\??\\C:\\a", true},
        {"\\SystemRoot\\a", true},
        {"C:\\a", true},
        {"C:\\", false},
        {"C", false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].name);
        CHECK_INT(t, rows[i].is_file, device_path_is_file(span_from_string(rows[i].name)));
    }
}

static void the_longest_prefix_wins_in_any_order(struct test *t)
{
    static const struct prefix prefixes[] = {
        {DEVICE_VOLUME, "\\Device\\Vol", "A:"},
        {DEVICE_VOLUME, "\\Device\\Vol\\part", "B:"},
        {DEVICE_VOLUME, "\\Device\\Vol\\part\\deep", "C:"},
        {DEVICE_VOLUME, "\\Device\\Mup\\server\\share", "Z:"}, /* before the built-in form */
    };
    static const struct rewrite_row rows[] = {
        {"\\Device\\Vol\\x", "A:\\x"},
        {"\\Device\\Vol\\par", "A:\\par"},
        {"\\Device\\Vol\\parts\\x", "A:\\parts\\x"},
        {"\\Device\\Vol\\part", "B:\\"},
        {"\\Device\\Vol\\part\\x", "B:\\x"},
        {"\\Device\\Vol\\part\\deep\\x", "C:\\x"},
        {"\\Device\\Vol\\part\\deeper\\x", "B:\\deeper\\x"},
        {"\\Device\\Vo", NULL},
        {"\\Device\\Mup\\server\\share\\x", "Z:\\x"},
        {"\\Device\\Mup\\server\\shares\\x", "\\\\server\\shares\\x"},
    };
    struct prefix reversed[TEST_COUNT(prefixes)];
    struct device_map map;

    fill(t, &map, prefixes, TEST_COUNT(prefixes));
    check_rows(t, &map, rows, TEST_COUNT(rows));
    device_map_release(&map);
    for (size_t i = 0; i < TEST_COUNT(prefixes); i++)
        reversed[i] = prefixes[TEST_COUNT(prefixes) - 1 - i];
    fill(t, &map, reversed, TEST_COUNT(reversed));
    check_rows(t, &map, rows, TEST_COUNT(rows));
    device_map_release(&map);
}

static void bad_prefixes_are_refused(struct test *t)
{
    static const struct prefix rows[] = {
        {DEVICE_VOLUME, "", "C:"},
        {DEVICE_VOLUME, "\\", "C:"},
        {DEVICE_VOLUME, "\\Device\\HarddiskVolume3", ""},
        {DEVICE_VOLUME, "\\Device\\HarddiskVolume3", "\\"},
        {DEVICE_VOLUME, "\\??\\C:\\work", "X:"}, /* subst X: C:\work */
        {DEVICE_VOLUME, "\\??\\UNC\\server\\share", "X:"},
        {DEVICE_VOLUME, "\\??", "X:"},
        {DEVICE_ROOT, "", ""},
    };
    struct device_map map;

    device_map_init(&map);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s -> %s", rows[i].device, rows[i].target);
        CHECK_INT(t, STATUS_BAD_REQUEST,
                  device_map_add(&map, rows[i].form, span_from_string(rows[i].device),
                                 span_from_string(rows[i].target)));
    }
    CHECK_INT(t, 0, map.count);
    CHECK_INT(t, 0, map.entries.size);
    device_map_release(&map);
    device_map_release(&map);
}

static void a_device_keeps_its_first_target(struct test *t)
{
    static const struct prefix prefixes[] = {
        {DEVICE_VOLUME, "\\Device\\A", "C:"},
        {DEVICE_VOLUME, "\\DEVICE\\a\\", "D:"},
        {DEVICE_ROOT, "\\Device\\A", ""},
    };
    static const struct rewrite_row rows[] = {{"\\Device\\A\\server\\share", "C:\\server\\share"}};
    struct device_map map;

    fill(t, &map, prefixes, TEST_COUNT(prefixes));
    CHECK_INT(t, 1, map.count);
    check_rows(t, &map, rows, TEST_COUNT(rows));
    device_map_release(&map);
}

static void the_table_has_a_limit(struct test *t)
{
    struct device_map map;
    struct buffer path;
    char device[32];

    device_map_init(&map);
    buffer_init(&path, NAME_SIZE_MAX);
    for (unsigned i = 0; i < DEVICE_MAP_ENTRIES_MAX; i++) {
        (void)snprintf(device, sizeof device, "\\Device\\V%u", i);
        REQUIRE(t, device_map_add(&map, DEVICE_VOLUME, span_from_string(device), SPAN("C:")) ==
                       STATUS_OK);
    }
    size_t entries_size = map.entries.size;
    CHECK_INT(t, STATUS_TOO_LARGE,
              device_map_add(&map, DEVICE_VOLUME, SPAN("\\Device\\More"), SPAN("C:")));
    CHECK_INT(t, STATUS_OK, device_map_add(&map, DEVICE_VOLUME, SPAN("\\Device\\V0"), SPAN("C:")));
    CHECK_INT(t, DEVICE_MAP_ENTRIES_MAX, map.count);
    CHECK_INT(t, entries_size, map.entries.size);
    CHECK(t, device_map_rewrite(&map, SPAN("\\Device\\V1023\\x"), &path));
    CHECK_MEM(t, "C:\\x", 4, path.data, path.size);
    buffer_release(&path);
    device_map_release(&map);
}

static void a_path_that_does_not_fit_is_left_empty(struct test *t)
{
    struct device_map map;
    struct buffer path;

    fill(t, &map, typical, TEST_COUNT(typical));
    buffer_init(&path, 8);
    CHECK(t, device_map_rewrite(&map, SPAN("\\Device\\HarddiskVolume3\\12345"), &path));
    CHECK_MEM(t, "C:\\12345", 8, path.data, path.size);
    CHECK(t, !device_map_rewrite(&map, SPAN("\\Device\\HarddiskVolume3\\123456"), &path));
    CHECK_INT(t, 0, path.size);
    CHECK(t, !device_map_rewrite(&map, SPAN("\\Device\\Mup\\server\\share"), &path));
    CHECK_INT(t, 0, path.size);
    buffer_release(&path);
    device_map_release(&map);
}

static void the_longest_names_are_not_cut(struct test *t)
{
    static char text[NAME_SIZE_MAX];
    static const char prefix[] = "\\Device\\HarddiskVolume3\\";
    struct device_map map;
    struct buffer path;

    fill(t, &map, typical, TEST_COUNT(typical));
    buffer_init(&path, NAME_SIZE_MAX);
    memset(text, 'x', sizeof text);
    memcpy(text, prefix, sizeof prefix - 1);
    CHECK(t, rewrite(&map, (struct span){text, sizeof text}, &path));
    CHECK_INT(t, sizeof text - (sizeof prefix - 1) + 3, path.size);
    memset(text, ';', sizeof text); /* one endless component of tags */
    memcpy(text, "\\Device\\Mup\\", 12);
    CHECK(t, !rewrite(&map, (struct span){text, sizeof text}, &path));
    for (size_t i = 11; i < sizeof text; i += 2)
        text[i] = '\\';
    CHECK(t, !rewrite(&map, (struct span){text, sizeof text}, &path));
    buffer_release(&path);
    device_map_release(&map);
}

static void bytes_that_are_no_text_are_accepted(struct test *t)
{
    static const char odd[] = "\\Device\\HarddiskVolume3\\a\0b\xff\xfe";
    struct device_map map;
    struct buffer path;

    fill(t, &map, typical, TEST_COUNT(typical));
    buffer_init(&path, NAME_SIZE_MAX);
    CHECK(t, rewrite(&map, (struct span){odd, sizeof odd - 1}, &path));
    CHECK_MEM(t, "C:\\a\0b\xff\xfe", 8, path.data, path.size);
    CHECK(t, !rewrite(&map, SPAN("\xff\xff\xff"), &path));
    CHECK(t, !device_map_rewrite(&map, (struct span){NULL, 0}, &path));
    buffer_release(&path);
    device_map_release(&map);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(volumes_become_letters_folders_or_volume_names),
        TEST_CASE(redirectors_become_unc_paths),
        TEST_CASE(dos_folders_need_no_table),
        TEST_CASE(shadow_copies_get_a_path_programs_can_open),
        TEST_CASE(a_device_without_a_path_gets_one_below_the_root),
        TEST_CASE(a_bare_name_is_no_file),
        TEST_CASE(the_longest_prefix_wins_in_any_order),
        TEST_CASE(bad_prefixes_are_refused),
        TEST_CASE(a_device_keeps_its_first_target),
        TEST_CASE(the_table_has_a_limit),
        TEST_CASE(a_path_that_does_not_fit_is_left_empty),
        TEST_CASE(the_longest_names_are_not_cut),
        TEST_CASE(bytes_that_are_no_text_are_accepted),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
