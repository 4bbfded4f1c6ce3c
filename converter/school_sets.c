/* Schools are taken one after the other into the set at hand until one does not fit; that one
 * begins the next set. So only one set is open at a time, and a set is a stretch of School.csv.
 *
 * A school that joins brings its own rows and the guests of its sections; and those who were guests
 * for belonging to it are guests no more. The second needs to know a school's people who are
 * guests anywhere: `absences` is `visits` seen from the other end. A set never gets smaller by a
 * school that joins, so a school that does not fit alone fits nowhere. */
#include "converter/school_sets.h"

#include "formats/base/grow.h"

#include <stdlib.h>

enum { MOST = INT32_MAX };

static const uint32_t NONE = UINT32_MAX;

/* In the school of a person's row: the row belongs to the same person as the one before. */
static const uint32_t AGAIN = (uint32_t)1 << 31;

struct school {
    uint64_t rows[SDS_FILES]; /* its own */
    uint32_t set;             /* NONE: not decided */
    uint32_t host;            /* the set that `guests` is about */
    uint32_t guests;          /* how many guests of that set need this school's row */
};

/* Pairs of numbers, the first in the upper half: sorted, those of one first number are together. */
struct pair_list {
    uint64_t *items;
    size_t count;
    size_t room;
};

struct set_rows {
    uint64_t of[SDS_FILES];
};

struct school_sets {
    uint64_t limit;
    struct school *schools;
    size_t school_count;
    size_t school_room;
    uint32_t *sections; /* school */
    size_t section_count;
    size_t section_room;
    uint32_t *people; /* for each row the school, perhaps AGAIN */
    size_t people_count;
    size_t people_room;
    uint32_t first_student;
    uint32_t *guest_of;        /* for each person the set they were last made a guest of */
    struct pair_list visits;   /* school whose section it is, member who is not of that school */
    struct pair_list absences; /* school, such a member who belongs to it */
    struct pair_list guest_people;  /* person, set */
    struct pair_list guest_schools; /* school, set */
    struct set_rows *sets;
    size_t set_count;
    size_t set_room;
    struct misfit *misfits;
    size_t misfit_count;
    size_t misfit_room;
    /* the set at hand */
    uint32_t current;
    struct set_rows rows;
};

struct school_sets *school_sets_new(uint64_t limit)
{
    struct school_sets *sets = calloc(1, sizeof *sets);
    if (sets) {
        sets->limit = limit;
        sets->first_student = NONE;
    }
    return sets;
}

void school_sets_free(struct school_sets *sets)
{
    if (!sets)
        return;
    free(sets->schools);
    free(sets->sections);
    free(sets->people);
    free(sets->guest_of);
    free(sets->visits.items);
    free(sets->absences.items);
    free(sets->guest_people.items);
    free(sets->guest_schools.items);
    free(sets->sets);
    free(sets->misfits);
    free(sets);
}

/* ---- pairs ---- */

static bool add_pair(struct pair_list *list, uint32_t first, uint32_t second)
{
    uint64_t *items = grow_by_one(list->items, list->count, &list->room, sizeof *items);
    if (!items)
        return false;
    list->items = items;
    list->items[list->count++] = (uint64_t)first << 32 | second;
    return true;
}

static int compare_pairs(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* In order, each once. */
static void sort_pairs(struct pair_list *list)
{
    if (list->count < 2)
        return;
    qsort(list->items, list->count, sizeof *list->items, compare_pairs);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++)
        if (list->items[i] != list->items[kept - 1])
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* The place of the first pair that begins with `first`, or of the next one behind it. */
static size_t pairs_from(const struct pair_list *list, uint32_t first)
{
    size_t low = 0;
    size_t high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle] >> 32 < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Walks over the pairs that begin with `first`, from `*place` on. */
static bool next_pair(const struct pair_list *list, size_t *place, uint32_t first, uint32_t *second)
{
    while (*place < list->count && list->items[*place] >> 32 < first)
        ++*place;
    if (*place >= list->count || list->items[*place] >> 32 != first)
        return false;
    *second = (uint32_t)list->items[(*place)++];
    return true;
}

/* ---- adding ---- */

bool school_sets_add_school(struct school_sets *sets)
{
    struct school *schools =
        grow_by_one(sets->schools, sets->school_count, &sets->school_room, sizeof *schools);
    if (!schools || sets->school_count >= (size_t)MOST)
        return false;
    sets->schools = schools;
    schools[sets->school_count++] =
        (struct school){.rows = {[SDS_SCHOOL] = 1}, .set = NONE, .host = NONE};
    return true;
}

static bool add_number(uint32_t **items, size_t *count, size_t *room, uint32_t number)
{
    uint32_t *grown = grow_by_one(*items, *count, room, sizeof *grown);
    if (!grown || *count >= (size_t)MOST)
        return false;
    *items = grown;
    grown[(*count)++] = number;
    return true;
}

bool school_sets_add_section(struct school_sets *sets, uint32_t school)
{
    sets->schools[school].rows[SDS_SECTION]++;
    return add_number(&sets->sections, &sets->section_count, &sets->section_room, school);
}

bool school_sets_add_person(struct school_sets *sets, enum sds_file file, uint32_t school,
                            bool again)
{
    sets->schools[school].rows[file]++;
    if (file == SDS_STUDENT && sets->first_student == NONE)
        sets->first_student = (uint32_t)sets->people_count;
    return add_number(&sets->people, &sets->people_count, &sets->people_room,
                      again ? school | AGAIN : school);
}

/* The school of a person's row. */
static uint32_t school_of(const struct school_sets *sets, uint32_t row)
{
    return sets->people[row] & ~AGAIN;
}

/* Moves to the next row of a person; false behind the last one. */
static bool next_row(const struct school_sets *sets, uint32_t *row)
{
    ++*row;
    return *row < sets->people_count && (sets->people[*row] & AGAIN);
}

static bool belongs_to(const struct school_sets *sets, uint32_t person, uint32_t school)
{
    uint32_t row = person;
    do {
        if (school_of(sets, row) == school)
            return true;
    } while (next_row(sets, &row));
    return false;
}

bool school_sets_add_member(struct school_sets *sets, enum sds_file file, uint32_t section,
                            uint32_t person)
{
    uint32_t school = sets->sections[section];
    sets->schools[school].rows[file]++;
    return belongs_to(sets, person, school) || add_pair(&sets->visits, school, person);
}

uint32_t school_sets_people(const struct school_sets *sets)
{
    return (uint32_t)sets->people_count;
}

uint32_t school_sets_first_student(const struct school_sets *sets)
{
    return sets->first_student;
}

/* ---- deciding ---- */

static bool at_home(const struct school_sets *sets, uint32_t person, uint32_t set)
{
    uint32_t row = person;
    do {
        if (sets->schools[school_of(sets, row)].set == set)
            return true;
    } while (next_row(sets, &row));
    return false;
}

static enum sds_file file_of(const struct school_sets *sets, uint32_t person)
{
    return person < sets->first_student ? SDS_TEACHER : SDS_STUDENT;
}

static void make_guest(struct school_sets *sets, uint32_t person)
{
    struct school *home = &sets->schools[school_of(sets, person)];
    sets->guest_of[person] = sets->current;
    sets->rows.of[file_of(sets, person)]++;
    if (home->host != sets->current) {
        home->host = sets->current;
        home->guests = 0;
    }
    sets->rows.of[SDS_SCHOOL] += home->guests++ == 0;
}

static void unmake_guest(struct school_sets *sets, uint32_t person)
{
    struct school *home = &sets->schools[school_of(sets, person)];
    sets->guest_of[person] = NONE;
    sets->rows.of[file_of(sets, person)]--;
    sets->rows.of[SDS_SCHOOL] -= --home->guests == 0;
}

static void join(struct school_sets *sets, uint32_t number)
{
    struct school *school = &sets->schools[number];
    uint32_t person;
    school->set = sets->current;
    for (int f = 0; f < SDS_FILES; f++)
        sets->rows.of[f] += school->rows[f];
    for (size_t i = pairs_from(&sets->absences, number);
         next_pair(&sets->absences, &i, number, &person);)
        if (sets->guest_of[person] == sets->current)
            unmake_guest(sets, person);
    for (size_t i = pairs_from(&sets->visits, number);
         next_pair(&sets->visits, &i, number, &person);)
        if (sets->guest_of[person] != sets->current && !at_home(sets, person, sets->current))
            make_guest(sets, person);
}

static bool over(const struct school_sets *sets)
{
    for (int f = 0; f < SDS_FILES; f++)
        if (sets->rows.of[f] > sets->limit)
            return true;
    return false;
}

/* Ends the set at hand, which has `rows`, and begins another. */
static bool next_set(struct school_sets *sets, const struct set_rows *rows)
{
    struct set_rows *list = grow_by_one(sets->sets, sets->set_count, &sets->set_room, sizeof *list);
    if (!list)
        return false;
    sets->sets = list;
    list[sets->set_count++] = *rows;
    sets->current = (uint32_t)sets->set_count;
    sets->rows = (struct set_rows){{0}};
    return true;
}

static bool add_misfit(struct school_sets *sets, uint32_t school)
{
    struct misfit *misfits =
        grow_by_one(sets->misfits, sets->misfit_count, &sets->misfit_room, sizeof *misfits);
    if (!misfits)
        return false;
    sets->misfits = misfits;
    struct misfit *misfit = &misfits[sets->misfit_count++];
    misfit->school = school;
    memcpy(misfit->rows, sets->rows.of, sizeof misfit->rows);
    return true;
}

static bool place_school(struct school_sets *sets, uint32_t school)
{
    struct set_rows before = sets->rows;
    join(sets, school);
    if (over(sets) && before.of[SDS_SCHOOL] > 0) {
        if (!next_set(sets, &before))
            return false;
        join(sets, school);
    }
    return !over(sets) || (add_misfit(sets, school) && next_set(sets, &sets->rows));
}

/* Who is missed where, and nobody a guest yet. */
static bool prepare(struct school_sets *sets)
{
    sort_pairs(&sets->visits);
    for (size_t i = 0; i < sets->visits.count; i++) {
        uint32_t person = (uint32_t)sets->visits.items[i];
        uint32_t row = person;
        do {
            if (!add_pair(&sets->absences, school_of(sets, row), person))
                return false;
        } while (next_row(sets, &row));
    }
    sort_pairs(&sets->absences);
    if (sets->visits.count == 0)
        return true;
    sets->guest_of = malloc(sets->people_count * sizeof *sets->guest_of);
    for (size_t i = 0; sets->guest_of && i < sets->people_count; i++)
        sets->guest_of[i] = NONE;
    return sets->guest_of;
}

/* Now that each school has its set, the guests of each. */
static bool list_guests(struct school_sets *sets)
{
    for (size_t i = 0; i < sets->visits.count; i++) {
        uint32_t person = (uint32_t)sets->visits.items[i];
        uint32_t set = sets->schools[sets->visits.items[i] >> 32].set;
        if (at_home(sets, person, set))
            continue;
        if (!add_pair(&sets->guest_people, person, set) ||
            !add_pair(&sets->guest_schools, school_of(sets, person), set))
            return false;
    }
    sort_pairs(&sets->guest_people);
    sort_pairs(&sets->guest_schools);
    return true;
}

bool school_sets_decide(struct school_sets *sets)
{
    if (!prepare(sets))
        return false;
    for (size_t i = 0; i < sets->school_count; i++)
        if (!place_school(sets, (uint32_t)i))
            return false;
    if (sets->rows.of[SDS_SCHOOL] > 0 && !next_set(sets, &sets->rows))
        return false;
    return sets->misfit_count > 0 || list_guests(sets);
}

/* ---- what was decided ---- */

const struct misfit *school_sets_misfits(const struct school_sets *sets, size_t *count)
{
    *count = sets->misfit_count;
    return sets->misfits;
}

uint32_t school_sets_count(const struct school_sets *sets)
{
    return (uint32_t)sets->set_count;
}

uint64_t school_sets_rows(const struct school_sets *sets, uint32_t set, enum sds_file file)
{
    return sets->sets[set].of[file];
}

uint32_t school_sets_of_school(const struct school_sets *sets, uint32_t school)
{
    return sets->schools[school].set;
}

uint32_t school_sets_of_section(const struct school_sets *sets, uint32_t section)
{
    return sets->schools[sets->sections[section]].set;
}

uint32_t school_sets_of_person(const struct school_sets *sets, uint32_t row)
{
    return sets->schools[school_of(sets, row)].set;
}

bool school_sets_guest_school(const struct school_sets *sets, size_t *place, uint32_t school,
                              uint32_t *set)
{
    return next_pair(&sets->guest_schools, place, school, set);
}

bool school_sets_guest_person(const struct school_sets *sets, size_t *place, uint32_t row,
                              uint32_t *set)
{
    return next_pair(&sets->guest_people, place, row, set);
}
