#include "formats/csv/row.h"

#include <csv.h>

enum { FIRST_ROOM = 48 };

struct splitting {
    struct arena *arena;
    struct csv_fields *fields;
    size_t room;
    bool failed;
};

static void add_field(struct splitting *s, struct slice field)
{
    struct csv_fields *fields = s->fields;
    if (fields->count == s->room || !fields->items) {
        size_t room = s->room ? s->room * 2 : FIRST_ROOM;
        struct slice *items = arena_alloc(s->arena, room * sizeof *items);
        if (!items) {
            s->failed = true;
            return;
        }
        if (fields->count)
            memcpy(items, fields->items, fields->count * sizeof *items);
        fields->items = items;
        s->room = room;
    }
    fields->items[fields->count++] = field;
}

static void split_plain(struct splitting *s, struct slice rest)
{
    for (;;) {
        size_t len = slice_find(rest, ',');
        add_field(s, slice_of(rest.ptr, len));
        if (len == rest.len || s->failed)
            return;
        rest = slice_of(rest.ptr + len + 1, rest.len - len - 1);
    }
}

static void on_field(void *bytes, size_t len, void *context)
{
    struct splitting *s = context;
    struct slice copy = arena_copy(s->arena, slice_of(bytes ? bytes : "", len));
    s->failed = s->failed || !copy.ptr;
    if (!s->failed)
        add_field(s, copy);
}

static void on_row(int end, void *context)
{
    (void)end;
    (void)context;
}

/* Spaces belong to a field here; what is cut of them is decided where values are cleaned. */
static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static bool split_quoted(struct splitting *s, const struct csv_frame *row)
{
    struct csv_parser parser;
    unsigned char options = row->stray ? 0 : CSV_STRICT | CSV_STRICT_FINI;
    if (csv_init(&parser, options) != 0)
        return false;
    csv_set_space_func(&parser, no_space);
    size_t done = csv_parse(&parser, row->text.ptr, row->text.len, on_field, on_row, s);
    bool ok = done == row->text.len && csv_fini(&parser, on_field, on_row, s) == 0;
    csv_free(&parser);
    return ok;
}

bool csv_split(const struct csv_frame *row, struct arena *arena, struct csv_fields *fields)
{
    struct splitting s = {.arena = arena, .fields = fields};
    *fields = (struct csv_fields){NULL, 0};
    if (row->quoted)
        return split_quoted(&s, row) && !s.failed;
    split_plain(&s, row->text);
    return !s.failed;
}
