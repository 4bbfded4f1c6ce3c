#include "formats/csv/row.h"

#include "formats/base/bytes.h"

#include <csv.h>

struct splitting {
    struct arena *arena;
    struct csv_fields *fields;
    bool failed;
};

/* There is room: a row has at most one field more than commas. */
static void add_field(struct splitting *s, struct slice field)
{
    s->fields->items[s->fields->count++] = field;
}

static void split_plain(struct splitting *s, struct slice rest)
{
    for (;;) {
        size_t len = slice_find(rest, ',');
        add_field(s, slice_of(rest.ptr, len));
        if (len == rest.len)
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
    size_t room = bytes_count(row->text.ptr, row->text.len, ',') + 1;
    *fields = (struct csv_fields){arena_alloc(arena, room * sizeof *fields->items), 0};
    if (!fields->items)
        return false;
    if (row->quoted)
        return split_quoted(&s, row) && !s.failed;
    split_plain(&s, row->text);
    return !s.failed;
}
