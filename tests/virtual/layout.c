#include "tests/virtual/layout.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/virtual/layout_line.h"

enum { LAYOUT_FILE_SIZE_MAX = 16 * 1024 * 1024 };

/* One block of each kind, as large as the text could ever need, so that nothing moves. */
static bool allocate(struct virtual_layout *layout, struct span text)
{
    size_t lines = 1;

    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    layout->processes = calloc(lines, sizeof *layout->processes);
    layout->regions = calloc(lines, sizeof *layout->regions);
    layout->text = calloc(text.size + lines, 1);
    layout->names = calloc(text.size + 1, sizeof *layout->names);
    return layout->processes != NULL && layout->regions != NULL && layout->text != NULL &&
           layout->names != NULL;
}

bool virtual_layout_parse(struct span text, struct virtual_layout *layout,
                          struct virtual_layout_error *error)
{
    struct virtual_layout parsed = {0};

    *error = (struct virtual_layout_error){0, "out of memory"};
    if (!allocate(&parsed, text))
        goto cleanup;
    for (error->line = 1; text.size > 0; error->line++) {
        struct span line = virtual_layout_take(&text, '\n');
        if (line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        if (line.size == 0 || line.data[0] == '#')
            continue;
        error->message = virtual_layout_add_line(&parsed, line);
        if (error->message != NULL)
            goto cleanup;
    }
    *layout = parsed;
    return true;

cleanup:
    virtual_layout_release(&parsed);
    return false;
}

bool virtual_layout_read(const char *path, struct virtual_layout *layout,
                         struct virtual_layout_error *error)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(LAYOUT_FILE_SIZE_MAX);
    bool ok = false;

    *error = (struct virtual_layout_error){0, "the file cannot be read"};
    if (file == NULL || text == NULL)
        goto cleanup;
    size_t size = fread(text, 1, LAYOUT_FILE_SIZE_MAX, file);
    if (ferror(file) || !feof(file))
        goto cleanup;
    ok = virtual_layout_parse((struct span){text, size}, layout, error);

cleanup:
    free(text);
    if (file != NULL)
        (void)fclose(file);
    return ok;
}

void virtual_layout_release(struct virtual_layout *layout)
{
    free(layout->processes);
    free(layout->regions);
    free(layout->text);
    free(layout->names);
    *layout = (struct virtual_layout){0};
}
