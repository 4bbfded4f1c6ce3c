#include "converter/split.h"

#include "converter/interrupt.h"
#include "formats/base/arena.h"
#include "formats/base/grow.h"
#include "formats/base/hash.h"
#include "formats/csv/row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    WINDOW = 1024 * 1024,
    OPEN_SETS = 128,               /* sets written at the same time: a file is open for each */
    GATHER_ALL = 16 * 1024 * 1024, /* bytes gathered for all of them together */
    GATHER_MOST = 1024 * 1024,
    AHEAD = 16 /* rows */
};

static const uint32_t NOBODY = UINT32_MAX;

/* 96 bits of the hash of a cell: enough to tell any number of ids apart. */
struct id {
    uint64_t a;
    uint32_t b;
};

/* The number of each id of a file. */
struct id_slot {
    uint64_t a;
    uint32_t b;
    uint32_t number; /* + 1; 0: free */
};

struct id_table {
    struct id_slot *slots;
    size_t room;
};

struct split {
    struct sink *sinks;
    struct school_sets *sets;
    struct id_table schools;
    struct id_table sections;
    struct id_table teachers;
    struct id_table students;
    struct unsplittable *unsplittable;
    size_t unsplittable_count;
    struct arena texts;
};

/* ---- ids ---- */

/* Room for `count` ids; more cannot be added. */
static bool table_init(struct id_table *table, uint64_t count)
{
    table->room = (size_t)(count + count / 3 + 1);
    table->slots = calloc(table->room, sizeof *table->slots);
    return table->slots;
}

static void table_release(struct id_table *table)
{
    free(table->slots);
    table->slots = NULL;
}

static size_t first_place(const struct id_table *table, struct id id)
{
    return (size_t)(((id.a >> 32) * (uint64_t)table->room) >> 32);
}

/* The slot of an id, or the free one where it would go; at least one is always free. */
static struct id_slot *table_slot(const struct id_table *table, struct id id)
{
    size_t at = first_place(table, id);
    while (table->slots[at].number && (table->slots[at].a != id.a || table->slots[at].b != id.b))
        at = at + 1 < table->room ? at + 1 : 0;
    return &table->slots[at];
}

static struct id id_of(struct slice cell)
{
    struct hash128 hash = hash_add(hash_begin(), cell);
    return (struct id){hash.a, (uint32_t)hash.b};
}

static bool id_equal(struct id x, struct id y)
{
    return x.a == y.a && x.b == y.b;
}

/* ---- reading back ---- */

/* The rows of a file that this run has written. */
struct row_source {
    int fd;
    const char *name;
    off_t offset;
    bool end;
    struct buf window;
    bool quotes;      /* there are some in the window */
    size_t at;        /* in the window: behind the last row */
    struct slice row; /* with its line end; valid until the next row */
};

static bool not_as_written(const struct row_source *source, struct failure *failure)
{
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: is not as it was written; see who else uses the output folder",
                       source->name);
}

static bool read_more(struct row_source *source, struct failure *failure)
{
    struct buf *window = &source->window;
    if (interrupted())
        return failure_set(failure, FAILURE_OUTPUT, "interrupted; nothing was published");
    window->len -= source->at;
    if (window->len)
        memmove(window->data, window->data + source->at, window->len);
    source->at = 0;
    if (!buf_reserve(window, WINDOW))
        return failure_no_memory(failure);
    ssize_t got;
    do
        got = pread(source->fd, window->data + window->len, WINDOW, source->offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return failure_set(failure, FAILURE_OUTPUT, "%s: cannot be read back: %s", source->name,
                           strerror(errno));
    window->len += (size_t)got;
    source->offset += got;
    source->end = got == 0;
    struct slice all = buf_slice(window);
    source->quotes = slice_find(all, '"') < all.len;
    return true;
}

/* The length of the row that `text` begins with, its line end included; 0 when the end is not
 * there. A line end belongs to a cell when an odd number of quotes stands before it. */
static size_t quoted_row_length(struct slice text)
{
    bool quoted = false;
    for (size_t at = 0; at < text.len;) {
        size_t line = slice_find(slice_of(text.ptr + at, text.len - at), '\n');
        size_t end = at + line;
        for (;;) {
            at += slice_find(slice_of(text.ptr + at, end - at), '"');
            if (at == end)
                break;
            quoted = !quoted;
            at++;
        }
        if (end == text.len)
            return 0;
        at = end + 1;
        if (!quoted)
            return at;
    }
    return 0;
}

static size_t row_length(const struct row_source *source)
{
    struct slice rest = slice_of(source->window.data + source->at, source->window.len - source->at);
    if (source->quotes)
        return quoted_row_length(rest);
    size_t line = slice_find(rest, '\n');
    return line < rest.len ? line + 1 : 0;
}

/* False at the end, and with a failure. */
static bool next_row(struct row_source *source, struct failure *failure)
{
    size_t len;
    while ((len = row_length(source)) == 0) {
        if (source->end)
            return source->window.len > source->at && not_as_written(source, failure);
        if (!read_more(source, failure))
            return false;
    }
    source->row = slice_of(source->window.data + source->at, len);
    source->at += len;
    return true;
}

/* Cuts a cell from the beginning of a row, as it stands there, quotes and all; the comma or line
 * end behind it, too. */
static struct slice take_cell(struct slice *row)
{
    size_t at = 0;
    if (row->len && row->ptr[0] == '"')
        for (at = 1; at < row->len; at += row->ptr[at] == '"' ? 2 : 1)
            if (row->ptr[at] == '"' && (at + 1 == row->len || row->ptr[at + 1] != '"'))
                break;
    while (at < row->len && row->ptr[at] != ',' && row->ptr[at] != '\r')
        at++;
    struct slice cell = slice_of(row->ptr, at);
    size_t behind = at < row->len ? at + 1 : at;
    *row = slice_of(row->ptr + behind, row->len - behind);
    return cell;
}

/* Begins with the header. */
static bool open_rows(struct row_source *source, const struct sink *sink, struct failure *failure)
{
    *source = (struct row_source){.fd = sink->fd, .name = sink->name};
    return next_row(source, failure) ||
           (failure->kind == FAILURE_NONE && not_as_written(source, failure));
}

static void close_rows(struct row_source *source)
{
    buf_release(&source->window);
}

/* ---- deciding ---- */

/* The first two cells of a row. */
struct row_ids {
    struct id first;
    struct id second;
};

/* What reading a file for the decision needs to know. */
struct gathering {
    struct split *split;
    enum sds_file file;
    struct row_source rows;
    struct id_table *firsts;        /* the ids of the first cells: of this file, or sections */
    const struct id_table *seconds; /* those of the second cells; NULL for schools */
    struct row_ids waiting[AHEAD];
    size_t waiting_count;
    uint32_t number; /* of the next row */
    uint32_t named;  /* of the last row with a new id */
};

/* Where the id of a row was named before. */
enum naming { NAMED_NEW, NAMED_BEFORE, NAMED_ELSEWHERE };

/* Adds the id of a row. NAMED_BEFORE when it is that of the row before. */
static enum naming name_row(struct gathering *g, struct id id)
{
    struct id_slot *slot = table_slot(g->firsts, id);
    uint32_t number = g->number++;
    if (slot->number)
        return slot->number == g->named + 1 ? NAMED_BEFORE : NAMED_ELSEWHERE;
    *slot = (struct id_slot){id.a, id.b, number + 1};
    g->named = number;
    return NAMED_NEW;
}

/* What an id leads to; NOBODY would mean that the row cannot be ours. */
static uint32_t refer(const struct id_table *table, struct id id)
{
    return table_slot(table, id)->number - 1;
}

static bool add_school(struct gathering *g, const struct row_ids *ids, struct failure *failure)
{
    if (name_row(g, ids->first) != NAMED_NEW)
        return not_as_written(&g->rows, failure);
    return school_sets_add_school(g->split->sets) || failure_no_memory(failure);
}

static bool add_section(struct gathering *g, const struct row_ids *ids, struct failure *failure)
{
    uint32_t school = refer(g->seconds, ids->second);
    if (school == NOBODY || name_row(g, ids->first) != NAMED_NEW)
        return not_as_written(&g->rows, failure);
    return school_sets_add_section(g->split->sets, school) || failure_no_memory(failure);
}

/* With --multi-school rows a person has several rows, one behind the other. */
static bool add_person(struct gathering *g, const struct row_ids *ids, struct failure *failure)
{
    uint32_t school = refer(g->seconds, ids->second);
    enum naming naming = name_row(g, ids->first);
    if (school == NOBODY || naming == NAMED_ELSEWHERE)
        return not_as_written(&g->rows, failure);
    return school_sets_add_person(g->split->sets, g->file, school, naming == NAMED_BEFORE) ||
           failure_no_memory(failure);
}

static bool add_member(struct gathering *g, const struct row_ids *ids, struct failure *failure)
{
    uint32_t section = refer(g->firsts, ids->first);
    uint32_t person = refer(g->seconds, ids->second);
    if (section == NOBODY || person == NOBODY)
        return not_as_written(&g->rows, failure);
    return school_sets_add_member(g->split->sets, g->file, section, person) ||
           failure_no_memory(failure);
}

/* Adds the rows that wait. */
static bool settle(struct gathering *g, struct failure *failure)
{
    static bool (*const adders[SDS_FILES])(struct gathering *, const struct row_ids *,
                                           struct failure *) = {
        [SDS_SCHOOL] = add_school,         [SDS_SECTION] = add_section,
        [SDS_TEACHER] = add_person,        [SDS_STUDENT] = add_person,
        [SDS_TEACHER_ROSTER] = add_member, [SDS_STUDENT_ENROLLMENT] = add_member,
    };
    size_t count = g->waiting_count;
    g->waiting_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!adders[g->file](g, &g->waiting[i], failure))
            return false;
    return true;
}

/* The tables of a large district do not fit the caches: what a row needs of them is asked for some
 * rows ahead. */
static bool gather_row(struct gathering *g, struct failure *failure)
{
    struct slice rest = g->rows.row;
    struct row_ids *ids = &g->waiting[g->waiting_count++];
    ids->first = id_of(take_cell(&rest));
    ids->second = id_of(take_cell(&rest));
    __builtin_prefetch(&g->firsts->slots[first_place(g->firsts, ids->first)]);
    if (g->seconds)
        __builtin_prefetch(&g->seconds->slots[first_place(g->seconds, ids->second)]);
    return g->waiting_count < AHEAD || settle(g, failure);
}

/* The tables for a file; that of its own ids is made. */
static bool choose_tables(struct gathering *g, uint64_t rows, struct failure *failure)
{
    struct split *split = g->split;
    bool own = true;
    g->seconds = &split->schools;
    switch (g->file) {
    case SDS_SCHOOL:
        g->firsts = &split->schools;
        g->seconds = NULL;
        break;
    case SDS_SECTION: g->firsts = &split->sections; break;
    case SDS_TEACHER: g->firsts = &split->teachers; break;
    case SDS_STUDENT: g->firsts = &split->students; break;
    case SDS_TEACHER_ROSTER:
    case SDS_STUDENT_ENROLLMENT:
    case SDS_FILES:
        own = false;
        g->firsts = &split->sections;
        g->seconds = g->file == SDS_TEACHER_ROSTER ? &split->teachers : &split->students;
        break;
    }
    return !own || table_init(g->firsts, rows) || failure_no_memory(failure);
}

static bool gather_file(struct split *split, enum sds_file file, uint64_t rows,
                        struct failure *failure)
{
    struct gathering g = {.split = split, .file = file};
    if (file == SDS_TEACHER || file == SDS_STUDENT)
        g.number = school_sets_people(split->sets);
    if (!choose_tables(&g, rows, failure) || !sink_flush(&split->sinks[file], failure))
        return false;
    bool ok = open_rows(&g.rows, &split->sinks[file], failure);
    uint64_t read = 0;
    for (; ok && next_row(&g.rows, failure) && read < rows; read++)
        ok = gather_row(&g, failure);
    ok = ok && failure->kind == FAILURE_NONE && settle(&g, failure) &&
         (read == rows || not_as_written(&g.rows, failure));
    close_rows(&g.rows);
    return ok;
}

/* An id as people know it, without the quotes of its cell. */
static struct slice plain_id(struct split *split, struct slice cell)
{
    struct csv_fields fields;
    struct csv_frame frame = {.text = cell, .quoted = cell.len && cell.ptr[0] == '"'};
    if (!csv_split(&frame, &split->texts, &fields))
        return SLICE_ABSENT;
    return arena_copy(&split->texts, fields.items[0]);
}

/* Looks up the ids of the schools that do not fit. */
static bool name_misfits(struct split *split, struct failure *failure)
{
    size_t count;
    const struct misfit *misfits = school_sets_misfits(split->sets, &count);
    if (count == 0)
        return true;
    struct row_source rows;
    split->unsplittable = calloc(count, sizeof *split->unsplittable);
    if (!split->unsplittable)
        return failure_no_memory(failure);
    bool ok = open_rows(&rows, &split->sinks[SDS_SCHOOL], failure);
    for (uint32_t school = 0; ok && split->unsplittable_count < count; school++) {
        ok = next_row(&rows, failure);
        const struct misfit *misfit = &misfits[split->unsplittable_count];
        if (!ok || misfit->school != school)
            continue;
        struct slice rest = rows.row;
        struct slice id = plain_id(split, take_cell(&rest));
        ok = id.ptr || failure_no_memory(failure);
        split->unsplittable[split->unsplittable_count++] = (struct unsplittable){id, misfit->rows};
    }
    close_rows(&rows);
    return ok;
}

struct split *split_new(struct sink *sinks, const uint64_t *rows, uint64_t limit,
                        struct failure *failure)
{
    struct split *split = calloc(1, sizeof *split);
    if (!split) {
        failure_no_memory(failure);
        return NULL;
    }
    split->sinks = sinks;
    split->sets = school_sets_new(limit);
    bool ok = split->sets || failure_no_memory(failure);
    for (int f = 0; ok && f < SDS_FILES; f++)
        if (sinks[f].fd >= 0)
            ok = gather_file(split, (enum sds_file)f, rows[f], failure);
    table_release(&split->schools);
    table_release(&split->teachers);
    table_release(&split->students);
    ok = ok && (school_sets_decide(split->sets) || failure_no_memory(failure)) &&
         name_misfits(split, failure);
    if (ok)
        return split;
    split_free(split);
    return NULL;
}

void split_free(struct split *split)
{
    if (!split)
        return;
    school_sets_free(split->sets);
    table_release(&split->schools);
    table_release(&split->sections);
    table_release(&split->teachers);
    table_release(&split->students);
    free(split->unsplittable);
    arena_release(&split->texts);
    free(split);
}

const struct unsplittable *split_unsplittable(const struct split *split, size_t index)
{
    return index < split->unsplittable_count ? &split->unsplittable[index] : NULL;
}

uint32_t split_sets(const struct split *split)
{
    return school_sets_count(split->sets);
}

uint64_t split_rows(const struct split *split, uint32_t set, enum sds_file file)
{
    return school_sets_rows(split->sets, set - 1, file);
}

/* ---- writing ---- */

/* One file of some of the sets, `first` to before `first + count`. */
struct part {
    struct sink sink;
    struct buf name; /* "3/School.csv" */
};

struct distribution {
    const struct split *split;
    enum sds_file file;
    struct row_source rows;
    struct part *parts;
    uint32_t first;
    uint32_t count;
    uint32_t number; /* of the row */
    size_t place;    /* in the list of guests */
    struct id last;  /* of files of pairs: the section of the row before and its set */
    uint32_t last_set;
};

static bool put_row(struct distribution *d, uint32_t set, struct failure *failure)
{
    if (set < d->first || set - d->first >= d->count)
        return true;
    return sink_put(&d->parts[set - d->first].sink, d->rows.row, failure);
}

static uint32_t set_of_pair(struct distribution *d)
{
    struct slice rest = d->rows.row;
    struct id section = id_of(take_cell(&rest));
    if (d->number == 0 || !id_equal(section, d->last)) {
        const struct id_slot *slot = table_slot(&d->split->sections, section);
        d->last_set =
            slot->number ? school_sets_of_section(d->split->sets, slot->number - 1) : NOBODY;
        d->last = section;
    }
    return d->last_set;
}

static uint32_t set_of_row(struct distribution *d)
{
    const struct school_sets *sets = d->split->sets;
    switch (d->file) {
    case SDS_SCHOOL: return school_sets_of_school(sets, d->number);
    case SDS_SECTION: return school_sets_of_section(sets, d->number);
    case SDS_TEACHER:
    case SDS_STUDENT: return school_sets_of_person(sets, d->number);
    case SDS_TEACHER_ROSTER:
    case SDS_STUDENT_ENROLLMENT: return set_of_pair(d);
    case SDS_FILES: break;
    }
    return NOBODY;
}

/* Finds the next of the further sets of a row. */
static bool further_set(struct distribution *d, uint32_t *set)
{
    const struct school_sets *sets = d->split->sets;
    if (d->file == SDS_SCHOOL)
        return school_sets_guest_school(sets, &d->place, d->number, set);
    if (d->file == SDS_TEACHER || d->file == SDS_STUDENT)
        return school_sets_guest_person(sets, &d->place, d->number, set);
    return false;
}

static bool put_everywhere(struct distribution *d, struct failure *failure)
{
    uint32_t set;
    if (!put_row(d, set_of_row(d), failure))
        return false;
    while (further_set(d, &set))
        if (!put_row(d, set, failure))
            return false;
    return true;
}

static bool open_parts(struct distribution *d, struct outdir *outdir, struct failure *failure)
{
    size_t share = GATHER_ALL / d->count;
    for (uint32_t i = 0; i < d->count; i++) {
        struct part *part = &d->parts[i];
        buf_printf(&part->name, "%u/%s", d->first + i + 1, d->rows.name);
        const char *name = buf_text(&part->name);
        if (!name)
            return failure_no_memory(failure);
        int fd = outdir_create_in_set(outdir, d->first + i + 1, d->rows.name, failure);
        if (fd < 0)
            return false;
        sink_init(&part->sink, fd, name);
        part->sink.gather = share < GATHER_MOST ? share : GATHER_MOST;
        if (!put_row(d, d->first + i, failure))
            return false;
    }
    return true;
}

static bool distribute(struct distribution *d, struct outdir *outdir, struct failure *failure)
{
    bool ok =
        open_rows(&d->rows, &d->split->sinks[d->file], failure) && open_parts(d, outdir, failure);
    bool person = d->file == SDS_STUDENT;
    d->number = person ? school_sets_first_student(d->split->sets) : 0;
    for (; ok && next_row(&d->rows, failure); d->number++)
        ok = put_everywhere(d, failure);
    ok = ok && failure->kind == FAILURE_NONE;
    close_rows(&d->rows);
    for (uint32_t i = 0; i < d->count; i++) {
        ok = ok && sink_finish(&d->parts[i].sink, failure);
        sink_abandon(&d->parts[i].sink);
        buf_release(&d->parts[i].name);
    }
    return ok;
}

static bool distribute_file(struct split *split, enum sds_file file, struct outdir *outdir,
                            struct failure *failure)
{
    uint32_t sets = split_sets(split);
    bool ok = true;
    struct part *parts = calloc(OPEN_SETS, sizeof *parts);
    if (!parts)
        return failure_no_memory(failure);
    for (uint32_t first = 0; ok && first < sets; first += OPEN_SETS) {
        uint32_t count = sets - first < OPEN_SETS ? sets - first : OPEN_SETS;
        for (uint32_t i = 0; i < count; i++)
            parts[i] = (struct part){.sink = {.fd = -1}};
        struct distribution d = {
            .split = split, .file = file, .parts = parts, .first = first, .count = count};
        ok = distribute(&d, outdir, failure);
    }
    free(parts);
    sink_abandon(&split->sinks[file]);
    return ok && outdir_remove(outdir, split->sinks[file].name, failure);
}

bool split_write(struct split *split, struct outdir *outdir, struct failure *failure)
{
    for (uint32_t set = 1; set <= split_sets(split); set++)
        if (!outdir_make_set(outdir, set, failure))
            return false;
    for (int f = 0; f < SDS_FILES; f++)
        if (split->sinks[f].fd >= 0 && !distribute_file(split, (enum sds_file)f, outdir, failure))
            return false;
    return true;
}
