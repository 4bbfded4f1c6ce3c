#include "converter/committer.h"

#include "converter/errors_csv.h"
#include "converter/notes.h"
#include "converter/usernames.h"
#include "formats/clever/entity.h"
#include "formats/csv/cell.h"

#include <stdlib.h>

/* Lines that only the committer can give: at most these for one record. */
enum { OWN_LINES = 2 };

struct committer {
    struct run *run;
    struct sink *sinks;
    struct sink *lines;
    struct usernames *usernames;
    struct totals totals;
    uint64_t element_base; /* elements of the batches before */
    uint64_t pairs;        /* enrollment rows with both ids, in the second reading */
    struct buf pair_rows;  /* what these of the batch became */
    struct row_span spans[SDS_FILES]; /* rows of the batch that are to be written, one piece */
    /* lines added to the current record */
    struct buf text;
    struct issue_line own[OWN_LINES];
    size_t own_count;
};

struct committer *committer_new(struct run *run, struct sink *sinks, struct sink *lines)
{
    struct committer *committer = calloc(1, sizeof *committer);
    if (!committer)
        return NULL;
    committer->run = run;
    committer->sinks = sinks;
    committer->lines = lines;
    committer->usernames = usernames_new();
    if (!committer->usernames) {
        free(committer);
        return NULL;
    }
    return committer;
}

void committer_free(struct committer *committer)
{
    if (!committer)
        return;
    usernames_free(committer->usernames);
    buf_release(&committer->text);
    buf_release(&committer->pair_rows);
    free(committer);
}

const struct totals *committer_totals(const struct committer *committer)
{
    return &committer->totals;
}

void totals_count(struct totals *totals, enum issue_code code, enum severity severity)
{
    totals->severity[severity]++;
    totals->code[code]++;
}

/* ---- lines ---- */

struct current {
    struct batch *batch;
    const struct outcome *outcome;
    struct input *input;
    enum entity entity;
    enum sds_file file;
    struct id_index *index;
    bool written_apart; /* the written SIS ID is not the Clever ID */
    uint64_t owner;     /* tells people apart; the two roles of a user have the same */
};

/* Adds a line of the committer's own; whether --treat makes it reject the record. */
static bool own_line(struct committer *c, const struct current *now, const struct issue *issue)
{
    const struct element *element = &now->batch->elements[now->outcome->element];
    struct subject subject = {
        .entity = entity_word(now->entity),
        .id = now->outcome->id,
        .sis_id = now->outcome->sis_id,
        .source = now->input->label,
        .line = batch_line(now->batch, element->segment, element->start),
    };
    enum severity severity = c->run->options->severity[issue->code];
    struct issue_line *line = &c->own[c->own_count++];
    *line = (struct issue_line){.rank = line_rank(issue->file, issue->column),
                                .code = (uint8_t)issue->code,
                                .severity = (uint8_t)severity,
                                .start = c->text.len};
    errors_put_line(&c->text, c->run->options, &subject, issue);
    line->len = c->text.len - line->start;
    return severity == SEVERITY_ERROR;
}

static bool put_line(struct committer *c, const struct issue_line *line, const struct buf *text,
                     struct failure *failure)
{
    totals_count(&c->totals, (enum issue_code)line->code, (enum severity)line->severity);
    return sink_put(c->lines, slice_of(text->data + line->start, line->len), failure);
}

static bool before(const struct issue_line *a, const struct issue_line *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->code < b->code;
}

/* The worker's lines, in order, with the committer's own among them. */
static bool put_lines(struct committer *c, const struct current *now, bool workers,
                      struct failure *failure)
{
    const struct issue_line *lines = now->batch->issue_lines + now->outcome->first_line;
    size_t count = workers ? now->outcome->line_count : 0;
    size_t own = 0;
    c->lines->about =
        now->entity == ENTITY_SCHOOL ? now->outcome->written : now->outcome->school;
    if (c->own_count == 2 && before(&c->own[1], &c->own[0])) {
        struct issue_line first = c->own[1];
        c->own[1] = c->own[0];
        c->own[0] = first;
    }
    for (size_t i = 0; i < count || own < c->own_count;) {
        bool mine = own < c->own_count && (i == count || before(&c->own[own], &lines[i]));
        bool ok = mine ? put_line(c, &c->own[own++], &c->text, failure)
                       : put_line(c, &lines[i++], &now->batch->lines, failure);
        if (!ok)
            return false;
    }
    c->own_count = 0;
    buf_reset(&c->text);
    return true;
}

/* ---- repeats (converter/README.md) ---- */

static const struct id_entry *earlier(const struct current *now)
{
    const struct outcome *outcome = now->outcome;
    const struct id_entry *entry = index_find_hashed(now->index, SPACE_CLEVER, outcome->id, outcome->id_hash);
    if ((!entry || !entry->accepted) && now->written_apart)
        entry = index_find_hashed(now->index, SPACE_SIS, outcome->written, outcome->written_hash);
    return entry && entry->accepted ? entry : NULL;
}

/* Lets all ids of the record lead to an entry. */
static bool name_all(const struct current *now, const struct id_entry *entry,
                     struct failure *failure)
{
    const struct outcome *outcome = now->outcome;
    bool ok = index_name_hashed(now->index, SPACE_CLEVER, outcome->id, outcome->id_hash, entry) &&
              index_name(now->index, SPACE_LEGACY, outcome->legacy, entry);
    if (ok && now->written_apart)
        ok = index_name_hashed(now->index, SPACE_SIS, outcome->written, outcome->written_hash,
                               entry);
    return ok || failure_no_memory(failure);
}

static bool reject(struct committer *c, const struct current *now, struct slice root,
                   struct failure *failure)
{
    const struct id_entry *entry = index_add(now->index, false, root, NULL, 0);
    if (!entry || !index_add_rejected(now->index, now->outcome->content))
        return failure_no_memory(failure);
    c->totals.file[now->file].rejected += now->file != SDS_SECTION ||
                                          now->entity == ENTITY_SECTION;
    return name_all(now, entry, failure);
}

static struct slice own_root(const struct outcome *outcome)
{
    return outcome->id.len ? outcome->id : outcome->sis_id;
}

/* References to the repeat find the record that was kept. */
static bool name_repeat(const struct current *now, const struct id_entry *kept,
                        struct failure *failure)
{
    const struct outcome *outcome = now->outcome;
    return (index_name(now->index, SPACE_REPEAT, outcome->id, kept) &&
            index_name(now->index, SPACE_REPEAT, outcome->legacy, kept) &&
            index_name(now->index, SPACE_REPEAT_SIS, outcome->sis_id, kept)) ||
           failure_no_memory(failure);
}

/* A repeat of `kept` (NULL: only of a rejected record). */
static bool repeat(struct committer *c, const struct current *now, const struct id_entry *kept,
                   bool equal, struct failure *failure)
{
    if (equal) {
        now->input->duplicates[now->entity]++;
        return !kept || name_repeat(now, kept, failure);
    }
    own_line(c, now,
             &(struct issue){.code = ISSUE_duplicate_id,
                             .file = now->file,
                             .column = NO_COLUMN,
                             .rows = 1});
    return name_repeat(now, kept, failure) && put_lines(c, now, false, failure);
}

/* Whether the record repeats an earlier one; then it has been dealt with. */
static bool is_repeat(struct committer *c, const struct current *now, bool *repeated,
                      struct failure *failure)
{
    const struct outcome *outcome = now->outcome;
    *repeated = true;
    bool named = outcome->id.len || outcome->written.len;
    const struct id_entry *kept = earlier(now);
    if (named && index_has_rejected(now->index, outcome->content))
        return repeat(c, now, kept, true, failure);
    if (kept)
        return repeat(c, now, kept, hash_equal(kept->content, outcome->content), failure);
    *repeated = false;
    return true;
}

/* ---- usernames and shared ids ---- */

/* The lines about a person among people; whether one of them rejects. */
static bool compare_people(struct committer *c, const struct current *now, uint64_t username)
{
    const struct outcome *outcome = now->outcome;
    bool rejected = false;
    if (outcome->username.len &&
        usernames_taken(c->usernames, username, outcome->written, now->owner))
        rejected = own_line(c, now,
                            &(struct issue){.code = ISSUE_duplicate_username,
                                            .file = now->file,
                                            .column = sds_column_from(now->file, FROM_USERNAME),
                                            .value = outcome->username,
                                            .rows = 1});
    if (c->run->id != ID_SIS)
        return rejected;
    const struct id_index *others =
        c->run->indexes[now->entity == ENTITY_TEACHER ? ENTITY_STUDENT : ENTITY_TEACHER];
    const struct id_entry *other = index_find_hashed(others, SPACE_SIS, outcome->written, outcome->written_hash);
    if (other && other->accepted && other->username != username && other->owner != now->owner)
        rejected = own_line(c, now,
                            &(struct issue){.code = ISSUE_id_shared,
                                            .file = now->file,
                                            .column = sds_column_from(now->file, FROM_SIS_ID),
                                            .value = outcome->written,
                                            .rows = 1}) ||
                   rejected;
    return rejected;
}

/* ---- rows ---- */

/* The page counts memberships by the school of their section. */
static void note_members(const struct committer *c, const struct current *now)
{
    const struct outcome *outcome = now->outcome;
    if (c->run->notes && now->entity == ENTITY_SECTION)
        notes_members(c->run->notes, outcome->school,
                      outcome->rows[SDS_TEACHER_ROSTER].count +
                          outcome->rows[SDS_STUDENT_ENROLLMENT].count + outcome->enrolled_count);
}

static void count_row(struct committer *c, const struct current *now)
{
    const struct outcome *outcome = now->outcome;
    note_members(c, now);
    struct file_totals *file = &c->totals.file[now->file];
    uint64_t rows = outcome->rows[now->file].count;
    file->accepted++;
    file->several_schools += outcome->several_schools ? rows : 0;
    file->special_names += outcome->special_name ? rows : 0;
    if (outcome->username.len == 0)
        return;
    if (outcome->has_domain)
        file->with_domain += rows;
    else
        file->without_domain += rows;
}

static bool put_span(struct committer *c, const struct batch *batch, int file,
                     struct failure *failure)
{
    const struct row_span *span = &c->spans[file];
    struct slice rows = slice_of(batch->rows[file].data + span->start, span->len);
    bool ok = span->len == 0 || sink_put(&c->sinks[file], rows, failure);
    c->spans[file] = (struct row_span){.start = 0};
    return ok;
}

/* Rows of one record after the other stand side by side mostly: they are written as one piece. */
static bool put_rows(struct committer *c, const struct current *now, struct failure *failure)
{
    for (int f = 0; f < SDS_FILES; f++) {
        const struct row_span *span = &now->outcome->rows[f];
        if (span->count == 0)
            continue;
        struct row_span *piece = &c->spans[f];
        c->totals.file[f].rows += span->count;
        if (piece->start + piece->len != span->start) {
            if (!put_span(c, now->batch, f, failure))
                return false;
            piece->start = span->start;
        }
        piece->len += span->len;
    }
    return true;
}

/* ---- sections and enrollments.csv ---- */

/* The line about the students that a rejected section takes with it. Those of enrollments.csv are
 * those of the section that was kept under this id, else of the first one that was rejected. */
static void dropped_line(struct committer *c, const struct current *now)
{
    const struct outcome *outcome = now->outcome;
    bool contested = index_find(c->run->contested, SPACE_SIS, outcome->sis_id) != NULL;
    bool claims = !contested && enrollments_claim(c->run->enrollments, outcome->sis_id);
    uint32_t rows = claims ? outcome->dropped_all : outcome->dropped_own;
    if (rows)
        own_line(c, now,
                 &(struct issue){.code = ISSUE_dropped_with_section,
                                 .file = SDS_STUDENT_ENROLLMENT,
                                 .column = 0,
                                 .rows = rows,
                                 .cause = outcome->root});
}

/* An accepted section whose pairs a rejected one has claimed already. */
static bool note_contest(struct committer *c, const struct current *now,
                         const struct id_entry *entry, struct failure *failure)
{
    if (!enrollments_claimed(c->run->enrollments, now->outcome->sis_id))
        return true;
    c->run->contest = true;
    const struct id_entry *note =
        index_add(c->run->contested, true, slice_of(entry->text, entry->len), NULL, 0);
    return (note && index_name(c->run->contested, SPACE_SIS, now->outcome->sis_id, note)) ||
           failure_no_memory(failure);
}

static bool accept(struct committer *c, const struct current *now, uint64_t username,
                   struct failure *failure)
{
    const struct outcome *outcome = now->outcome;
    bool part = now->entity == ENTITY_COURSE || now->entity == ENTITY_TERM;
    struct id_entry *entry = index_add(now->index, true, outcome->written, outcome->extra,
                                       part ? OUTCOME_EXTRAS : 0);
    if (!entry)
        return failure_no_memory(failure);
    entry->content = outcome->content;
    entry->username = username;
    if (!name_all(now, entry, failure))
        return false;
    if (part)
        return true;
    entry->owner = now->owner;
    if (now->entity == ENTITY_SECTION && !note_contest(c, now, entry, failure))
        return false;
    if (outcome->username.len && !usernames_add(c->usernames, username, outcome->written,
                                                now->owner))
        return failure_no_memory(failure);
    for (size_t i = 0; i < outcome->enrolled_count; i++)
        enrollments_mark(c->run->enrollments, outcome->enrolled[i]);
    count_row(c, now);
    return put_rows(c, now, failure);
}

static void put_pair(struct committer *c, const struct id_entry *section,
                     const struct id_entry *student)
{
    csv_put_cell(&c->pair_rows, slice_of(section->text, section->len));
    csv_put_comma(&c->pair_rows);
    csv_put_cell(&c->pair_rows, slice_of(student->text, student->len));
    csv_end_row(&c->pair_rows);
    c->totals.file[SDS_STUDENT_ENROLLMENT].rows++;
}

/* An enrollment row: remembered at the first reading; at the second it becomes a row if its section
 * has taken it. */
static bool take_pair(struct committer *c, const struct current *now, struct failure *failure)
{
    const struct outcome *outcome = now->outcome;
    struct enrollments *enrollments = c->run->enrollments;
    if (c->run->gathering)
        return enrollments_add(enrollments, outcome->id, outcome->sis_id, outcome->other) ||
               failure_no_memory(failure);
    const struct id_entry *student =
        enrollments_marked(enrollments, c->run->indexes[ENTITY_STUDENT], c->pairs++);
    if (student && outcome->other && outcome->other->accepted)
        put_pair(c, outcome->other, student);
    return put_lines(c, now, true, failure);
}

/* Passes on the rows of a batch's pairs. */
static bool pass_pairs(struct committer *c, struct failure *failure)
{
    struct buf *rows = &c->pair_rows;
    if (rows->oom)
        return failure_no_memory(failure);
    bool ok = rows->len == 0 ||
              sink_put(&c->sinks[SDS_STUDENT_ENROLLMENT], buf_slice(rows), failure);
    buf_reset(rows);
    return ok;
}

static bool take_record(struct committer *c, const struct current *now, struct failure *failure)
{
    const struct outcome *outcome = now->outcome;
    bool repeated;
    bool person = now->entity == ENTITY_TEACHER || now->entity == ENTITY_STUDENT;
    bool part = now->entity == ENTITY_COURSE || now->entity == ENTITY_TERM;
    if (!part)
        c->totals.file[now->file].read++;
    if (!is_repeat(c, now, &repeated, failure))
        return false;
    if (repeated)
        return true;
    struct slice root = outcome->root;
    bool accepted = outcome->verdict == VERDICT_ACCEPTED;
    uint64_t username = outcome->username_hash;
    if (accepted && person && compare_people(c, now, username)) {
        accepted = false;
        root = own_root(outcome);
    }
    if (!accepted && outcome->dropped_all)
        dropped_line(c, now);
    if (!put_lines(c, now, true, failure))
        return false;
    return accepted ? accept(c, now, username, failure) : reject(c, now, root, failure);
}

/* A v3 user is known by its id, everybody else by where they stand; the highest bit keeps the two
 * kinds of numbers apart. */
static uint64_t owner_of(const struct committer *c, const struct outcome *outcome)
{
    if (outcome->user && outcome->id.len)
        return outcome->id_hash | (uint64_t)1 << 63;
    return c->element_base + outcome->element;
}

static bool take_outcome(struct committer *c, struct batch *batch, const struct outcome *outcome,
                         struct failure *failure)
{
    const struct element *element = &batch->elements[outcome->element];
    enum entity entity = (enum entity)outcome->entity;
    struct current now = {
        .batch = batch,
        .outcome = outcome,
        .input = &c->run->inventory.inputs[batch->segments[element->segment].input],
        .entity = entity,
        .file = sds_file_of(entity),
        .index = c->run->indexes[entity],
        .owner = owner_of(c, outcome),
    };
    bool legacy = c->run->options->teacher_id == TEACHER_ID_LEGACY && entity == ENTITY_TEACHER;
    bool part = entity == ENTITY_COURSE || entity == ENTITY_TERM;
    now.written_apart = (c->run->id == ID_SIS || legacy) && !part;
    if (outcome->verdict == VERDICT_NO_RECORD)
        return put_lines(c, &now, true, failure);
    if (outcome->verdict == VERDICT_PAIR)
        return take_pair(c, &now, failure);
    return take_record(c, &now, failure);
}

/* The tables of a large district do not fit the caches: what a record needs of them is asked for
 * a few records ahead. */
static void prefetch(const struct committer *c, const struct outcome *outcome)
{
    const struct id_index *index = c->run->indexes[outcome->entity];
    index_prefetch(index, SPACE_CLEVER, outcome->id_hash);
    index_prefetch_rejected(index, outcome->content);
    if (outcome->written_hash != outcome->id_hash)
        index_prefetch(index, SPACE_SIS, outcome->written_hash);
    if (outcome->username.len)
        usernames_prefetch(c->usernames, outcome->username_hash);
}

bool committer_take(struct committer *c, struct batch *batch, struct failure *failure)
{
    enum { AHEAD = 6 };
    for (size_t i = 0; i < batch->outcome_count; i++) {
        if (i + AHEAD < batch->outcome_count)
            prefetch(c, &batch->outcomes[i + AHEAD]);
        if (!take_outcome(c, batch, &batch->outcomes[i], failure))
            return false;
    }
    for (int f = 0; f < SDS_FILES; f++)
        if (!put_span(c, batch, f, failure))
            return false;
    if (!pass_pairs(c, failure))
        return false;
    for (size_t i = 0; i < batch->segment_count; i++) {
        const struct segment *segment = &batch->segments[i];
        c->run->inventory.inputs[segment->input].records[batch->stage] += segment->read;
        c->run->read += segment->read;
        c->run->any[batch->stage] = c->run->any[batch->stage] || segment->read > 0;
    }
    c->element_base += batch->element_count;
    if (c->text.oom)
        return failure_no_memory(failure);
    return batch->failure.kind == FAILURE_NONE || failure_take(failure, &batch->failure);
}
