#include "converter/enrollments.h"

#include "formats/base/grow.h"

#include <stdlib.h>

static const uint32_t LAST = UINT32_MAX;

/* A student that is in the output is its entry's number; any other is the number of a stranger,
 * whose id is kept. The highest bit tells which. */
static const uint32_t STRANGER = (uint32_t)1 << 31;

struct pair {
    uint32_t student;
    uint32_t next;
    bool marked;
};

struct stranger {
    struct slice id;
    const struct id_entry *entry; /* a rejected student, or NULL */
};

struct chain {
    uint32_t first;
    uint32_t last;
    bool claimed;
};

struct enrollments {
    struct id_index *sections; /* entry number = number of the chain */
    struct chain *chains;
    size_t chain_count;
    size_t chain_room;
    struct pair *pairs;
    size_t pair_count;
    size_t pair_room;
    struct stranger *strangers;
    size_t stranger_count;
    size_t stranger_room;
    struct arena texts;
};

struct enrollments *enrollments_new(void)
{
    struct enrollments *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->sections = index_new();
    if (!e->sections) {
        free(e);
        return NULL;
    }
    return e;
}

void enrollments_free(struct enrollments *e)
{
    if (!e)
        return;
    index_free(e->sections);
    free(e->chains);
    free(e->pairs);
    free(e->strangers);
    arena_release(&e->texts);
    free(e);
}

/* The chain of a section, made when missing; NULL: out of memory. */
static struct chain *chain_of(struct enrollments *e, struct slice section_id)
{
    const struct id_entry *entry = index_find(e->sections, SPACE_SIS, section_id);
    if (entry)
        return &e->chains[entry->number];
    struct chain *chains = grow_by_one(e->chains, e->chain_count, &e->chain_room, sizeof *chains);
    if (!chains)
        return NULL;
    e->chains = chains;
    entry = index_add(e->sections, true, section_id, NULL, 0);
    if (!entry || !index_name(e->sections, SPACE_SIS, section_id, entry))
        return NULL;
    struct chain *chain = &e->chains[e->chain_count++];
    *chain = (struct chain){LAST, LAST, false};
    return chain;
}

static bool add_stranger(struct enrollments *e, struct slice id, const struct id_entry *entry,
                         uint32_t *number)
{
    struct stranger *strangers =
        grow_by_one(e->strangers, e->stranger_count, &e->stranger_room, sizeof *strangers);
    struct slice copy = arena_copy(&e->texts, id);
    if (strangers)
        e->strangers = strangers;
    if (!strangers || !copy.ptr)
        return false;
    *number = (uint32_t)e->stranger_count | STRANGER;
    e->strangers[e->stranger_count++] = (struct stranger){copy, entry};
    return true;
}

bool enrollments_add(struct enrollments *e, struct slice section_id, struct slice student_id,
                     const struct id_entry *student)
{
    struct chain *chain = chain_of(e, section_id);
    struct pair *pairs = grow_by_one(e->pairs, e->pair_count, &e->pair_room, sizeof *pairs);
    if (pairs)
        e->pairs = pairs;
    if (!chain || !pairs || e->pair_count >= LAST)
        return false;
    uint32_t number = student ? student->number : 0;
    if ((!student || !student->accepted) && !add_stranger(e, student_id, student, &number))
        return false;
    uint32_t pair = (uint32_t)e->pair_count++;
    e->pairs[pair] = (struct pair){.student = number, .next = LAST};
    if (chain->last == LAST)
        chain->first = pair;
    else
        e->pairs[chain->last].next = pair;
    chain->last = pair;
    return true;
}

static bool show(const struct enrollments *e, const struct id_index *students, uint32_t pair,
                 struct enrolled *enrolled)
{
    if (pair == LAST)
        return false;
    const struct pair *p = &e->pairs[pair];
    enrolled->pair = pair;
    enrolled->next = p->next;
    if (p->student & STRANGER) {
        const struct stranger *stranger = &e->strangers[p->student & ~STRANGER];
        enrolled->student_id = stranger->id;
        enrolled->student = stranger->entry;
    } else {
        enrolled->student = index_entry(students, p->student);
        enrolled->student_id = slice_of(enrolled->student->text, enrolled->student->len);
    }
    return true;
}

bool enrollments_first(const struct enrollments *e, const struct id_index *students,
                       struct slice section_id, struct enrolled *enrolled)
{
    const struct id_entry *entry = index_find(e->sections, SPACE_SIS, section_id);
    return entry && show(e, students, e->chains[entry->number].first, enrolled);
}

bool enrollments_next(const struct enrollments *e, const struct id_index *students,
                      struct enrolled *enrolled)
{
    return show(e, students, enrolled->next, enrolled);
}

bool enrollments_claimed(const struct enrollments *e, struct slice section_id)
{
    const struct id_entry *entry = index_find(e->sections, SPACE_SIS, section_id);
    return entry && e->chains[entry->number].claimed;
}

bool enrollments_claim(struct enrollments *e, struct slice section_id)
{
    const struct id_entry *entry = index_find(e->sections, SPACE_SIS, section_id);
    if (!entry || e->chains[entry->number].claimed)
        return false;
    e->chains[entry->number].claimed = true;
    return true;
}

void enrollments_mark(struct enrollments *e, uint32_t pair)
{
    e->pairs[pair].marked = true;
}

const struct id_entry *enrollments_marked(const struct enrollments *e,
                                          const struct id_index *students, uint64_t pair)
{
    if (pair >= e->pair_count || !e->pairs[pair].marked)
        return NULL;
    return index_entry(students, e->pairs[pair].student); /* strangers are never marked */
}
