#include "converter/tally.h"

#include "formats/base/grow.h"
#include "formats/base/hash.h"
#include "formats/base/utf8.h"
#include "formats/csv/cell.h"
#include "formats/csv/written.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 256, BEFORE_01 = 4 };

const struct grade grades[GRADES] = {
    {"IT", "Infant or toddler"},
    {"PR", "Preschool"},
    {"PK", "Prekindergarten"},
    {"TK", "Transitional kindergarten"},
    {"KG", "Kindergarten"},
    {"01", "Grade 1"},
    {"02", "Grade 2"},
    {"03", "Grade 3"},
    {"04", "Grade 4"},
    {"05", "Grade 5"},
    {"06", "Grade 6"},
    {"07", "Grade 7"},
    {"08", "Grade 8"},
    {"09", "Grade 9"},
    {"10", "Grade 10"},
    {"11", "Grade 11"},
    {"12", "Grade 12"},
    {"13", "Grade 13"},
    {"PS", "Postsecondary"},
    {"PS1", "Postsecondary, year 1"},
    {"PS2", "Postsecondary, year 2"},
    {"PS3", "Postsecondary, year 3"},
    {"PS4", "Postsecondary, year 4"},
    {"UG", "Ungraded"},
    {"Other", "Other"},
    /* undergraduate, graduate, alumni, adultEducation */
    {"", "Adults and alumni"},
};

/* Where a column stands among those that are written; -1 when it does not. */
static int cell_of(const struct options *options, enum sds_file file, int column)
{
    int cell = 0;
    if (column < 0 || !options->written[file][column])
        return -1;
    for (int i = 0; i < column; i++)
        cell += options->written[file][i];
    return cell;
}

void tally_init(struct tally *tally, const struct options *options)
{
    *tally = (struct tally){.school_memo = {.school = NO_SCHOOL}};
    tally->id_cell = cell_of(options, SDS_SCHOOL, sds_column_from(SDS_SCHOOL, FROM_SIS_ID));
    for (int f = 0; f < SDS_FILES; f++) {
        enum sds_file file = (enum sds_file)f;
        tally->school_cell[f] = cell_of(options, file, sds_column_from(file, FROM_SCHOOL));
    }
    tally->name_cell = cell_of(options, SDS_SCHOOL, sds_column_of(SDS_SCHOOL, ATTR_NAME));
    tally->grade_cell = cell_of(options, SDS_STUDENT, sds_column_of(SDS_STUDENT, ATTR_GRADE));
    tally->grades_written = tally->grade_cell >= 0;
}

void tally_release(struct tally *tally)
{
    free(tally->schools);
    free(tally->by_school.slots);
    buf_release(&tally->names);
    buf_release(&tally->scratch);
    *tally = (struct tally){.schools = NULL};
}

/* ---- tables ---- */

static uint64_t key_of(struct slice cell)
{
    uint64_t key = hash_of(cell);
    return key ? key : 1;
}

/* The slot of a key, or the free one where it belongs. */
static struct tally_slot *slot_of(const struct tally_table *table, uint64_t key)
{
    size_t at = (size_t)key & table->mask;
    while (table->slots[at].key && table->slots[at].key != key)
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

static bool grow_table(struct tally_table *table)
{
    struct tally_table bigger = {.count = table->count};
    size_t room = table->slots ? (table->mask + 1) * 2 : FIRST_SLOTS;
    bigger.slots = calloc(room, sizeof *bigger.slots);
    bigger.mask = room - 1;
    if (!bigger.slots)
        return false;
    for (size_t i = 0; table->slots && i <= table->mask; i++)
        if (table->slots[i].key)
            *slot_of(&bigger, table->slots[i].key) = table->slots[i];
    free(table->slots);
    *table = bigger;
    return true;
}

/* Remembers a key unless it is known. False: it is known, or memory ran out. */
static bool table_add(struct tally *tally, struct tally_table *table, struct slice cell,
                      uint32_t value)
{
    if ((!table->slots || table->count * 2 > table->mask) && !grow_table(table)) {
        tally->oom = true;
        return false;
    }
    uint64_t key = key_of(cell);
    struct tally_slot *slot = slot_of(table, key);
    if (slot->key)
        return false;
    *slot = (struct tally_slot){key, value};
    table->count++;
    return true;
}

static uint32_t table_find(const struct tally_table *table, struct slice cell)
{
    if (!table->slots)
        return NO_SCHOOL;
    const struct tally_slot *slot = slot_of(table, key_of(cell));
    return slot->key ? slot->value : NO_SCHOOL;
}

static void remember(struct tally_memo *memo, struct slice cell, uint32_t school)
{
    memo->school = school;
    memo->len = cell.len <= sizeof memo->cell ? cell.len : 0;
    if (memo->len)
        memcpy(memo->cell, cell.ptr, memo->len);
}

/* The same for cells of which several equal ones come one after the other. */
static uint32_t find_next(const struct tally_table *table, struct tally_memo *memo,
                          struct slice cell)
{
    bool same =
        cell.len && cell.len == memo->len && memcmp(memo->cell, cell.ptr, cell.len) == 0;
    if (!same)
        remember(memo, cell, table_find(table, cell));
    return memo->school;
}

/* ---- rows ---- */

/* Goes on to a cell of a row, counted from 0. */
static struct slice go_to_cell(struct slice *row, int number)
{
    struct slice cell = SLICE_LITERAL("");
    for (int i = 0; i <= number; i++)
        cell = written_cell(row);
    return cell;
}

static struct slice cell_at(struct slice row, int number)
{
    return go_to_cell(&row, number);
}

static void keep_name(struct tally *tally, struct slice cell)
{
    buf_reset(&tally->scratch);
    written_value(&tally->scratch, cell);
    utf8_put_visible(&tally->names, buf_slice(&tally->scratch), TALLY_NAME);
    buf_put_byte(&tally->names, '\0');
    tally->oom = tally->oom || tally->scratch.oom || tally->names.oom;
}

/* The number of the school with this id, which is made when it is not known yet. */
static uint32_t note_school(struct tally *tally, struct slice id)
{
    if (!table_add(tally, &tally->by_school, id, (uint32_t)tally->school_count))
        return table_find(&tally->by_school, id);
    void *schools = grow_by_one(tally->schools, tally->school_count, &tally->school_room,
                                sizeof *tally->schools);
    if (!schools) {
        tally->oom = true;
        return NO_SCHOOL;
    }
    tally->schools = schools;
    tally->schools[tally->school_count] = (struct school_tally){.written = false};
    return (uint32_t)tally->school_count++;
}

static void add_school(struct tally *tally, struct slice row)
{
    struct slice id = cell_at(row, tally->id_cell);
    uint32_t number = note_school(tally, id);
    if (number >= tally->school_count || tally->schools[number].written)
        return;
    tally->schools[number].written = true;
    tally->schools[number].name = tally->names.len;
    keep_name(tally, id);
    keep_name(tally, cell_at(row, tally->name_cell));
}

/* The school of a row, which goes on to the cell behind it. */
static struct school_tally *school_of(struct tally *tally, enum sds_file file, struct slice *row)
{
    uint32_t found = find_next(&tally->by_school, &tally->school_memo,
                               go_to_cell(row, tally->school_cell[file]));
    return found < tally->school_count ? &tally->schools[found] : NULL;
}

/* Where a grade stands in `grades`; most are two digits and need no search. */
static size_t grade_of(struct slice cell)
{
    size_t i = 0;
    if (cell.len == 2 && ascii_digit(cell.ptr[0]) && ascii_digit(cell.ptr[1])) {
        size_t place = (size_t)(cell.ptr[0] - '0') * 10 + (size_t)(cell.ptr[1] - '0') + BEFORE_01;
        return place < GRADES ? place : GRADES - 1;
    }
    while (i + 1 < GRADES && !slice_is(cell, grades[i].code))
        i++;
    return i;
}

/* Grade stands behind School SIS ID, at which `row` begins. */
static void count_grade(struct tally *tally, struct slice row)
{
    int between = tally->grade_cell - tally->school_cell[SDS_STUDENT] - 1;
    struct slice cell = go_to_cell(&row, between);
    if (cell.len == 0)
        tally->no_grade++;
    else
        tally->grade[grade_of(cell)]++;
}

void tally_row(struct tally *tally, enum sds_file file, struct slice row)
{
    if (file == SDS_SCHOOL) {
        add_school(tally, row);
        return;
    }
    struct school_tally *school = school_of(tally, file, &row);
    if (file == SDS_STUDENT && tally->grades_written)
        count_grade(tally, row);
    if (!school)
        return;
    school->sections += file == SDS_SECTION;
    school->teachers += file == SDS_TEACHER;
    school->students += file == SDS_STUDENT;
}

/* ---- lines ---- */

/* The id as a cell, in tally->scratch. */
static struct slice cell_of_id(struct tally *tally, struct slice id)
{
    buf_reset(&tally->scratch);
    csv_put_cell(&tally->scratch, id);
    tally->oom = tally->oom || tally->scratch.oom;
    return buf_slice(&tally->scratch);
}

const struct school_tally *tally_school(struct tally *tally, struct slice id)
{
    uint32_t number = table_find(&tally->by_school, cell_of_id(tally, id));
    return number < tally->school_count ? &tally->schools[number] : NULL;
}

void tally_members(struct tally *tally, struct slice school, uint64_t rows)
{
    uint32_t number = table_find(&tally->by_school, cell_of_id(tally, school));
    if (number < tally->school_count)
        tally->schools[number].members += rows;
}

uint32_t tally_line(struct tally *tally, enum severity severity, struct slice school)
{
    uint32_t number = school.len ? note_school(tally, cell_of_id(tally, school)) : NO_SCHOOL;
    if (number < tally->school_count)
        tally->schools[number].lines[severity]++;
    else
        tally->elsewhere[severity]++;
    return number;
}

const char *tally_school_id(const struct tally *tally, const struct school_tally *school)
{
    return tally->names.data + school->name;
}

const char *tally_school_name(const struct tally *tally, const struct school_tally *school)
{
    const char *id = tally_school_id(tally, school);
    return id + strlen(id) + 1;
}
