#include "converter/batch.h"

#include "formats/base/bytes.h"
#include "formats/base/grow.h"

#include <stdlib.h>

void batch_reset(struct batch *batch)
{
    buf_reset(&batch->text);
    buf_reset(&batch->lines);
    for (int f = 0; f < SDS_FILES; f++)
        buf_reset(&batch->rows[f]);
    arena_reset(&batch->arena);
    batch->segment_count = batch->element_count = 0;
    batch->outcome_count = batch->line_count = 0;
    batch->survey_again = false;
    batch->failure = (struct failure){.kind = FAILURE_NONE};
    batch->line_segment = SIZE_MAX;
}

void batch_release(struct batch *batch)
{
    buf_release(&batch->text);
    buf_release(&batch->lines);
    for (int f = 0; f < SDS_FILES; f++)
        buf_release(&batch->rows[f]);
    arena_release(&batch->arena);
    free(batch->segments);
    free(batch->elements);
    free(batch->outcomes);
    free(batch->issue_lines);
}

/* Room for one more of `size` bytes, cleared. */
static void *add(void **items, size_t *count, size_t *room, size_t size)
{
    void *grown = grow_by_one(*items, *count, room, size);
    if (!grown)
        return NULL;
    *items = grown;
    void *item = (char *)*items + *count * size;
    memset(item, 0, size);
    (*count)++;
    return item;
}

struct segment *batch_add_segment(struct batch *batch)
{
    return add((void **)&batch->segments, &batch->segment_count, &batch->segment_room,
               sizeof *batch->segments);
}

struct element *batch_add_element(struct batch *batch)
{
    return add((void **)&batch->elements, &batch->element_count, &batch->element_room,
               sizeof *batch->elements);
}

struct outcome *batch_add_outcome(struct batch *batch)
{
    return add((void **)&batch->outcomes, &batch->outcome_count, &batch->outcome_room,
               sizeof *batch->outcomes);
}

struct issue_line *batch_add_line(struct batch *batch)
{
    return add((void **)&batch->issue_lines, &batch->line_count, &batch->line_room,
               sizeof *batch->issue_lines);
}

bool batch_out_of_memory(const struct batch *batch)
{
    bool oom = batch->arena.oom || batch->lines.oom || batch->text.oom;
    for (int f = 0; f < SDS_FILES; f++)
        oom = oom || batch->rows[f].oom;
    return oom;
}

/* Most exports are one long line, so the first is looked for in the fastest way. */
static uint64_t count_byte(struct slice text, char byte)
{
    size_t first = slice_find(text, byte);
    return bytes_count(text.ptr + first, text.len - first, byte);
}

static uint64_t count_pairs(struct slice text)
{
    uint64_t count = 0;
    for (size_t i = 0; i + 1 < text.len; i++)
        count += text.ptr[i] == '\r' && text.ptr[i + 1] == '\n';
    return count;
}

void count_lines(struct slice text, uint64_t *line, bool *after_cr)
{
    if (text.len == 0)
        return;
    uint64_t returns = count_byte(text, '\r');
    *line += count_byte(text, '\n') + returns;
    if (returns)
        *line -= count_pairs(text);
    if (*after_cr && text.ptr[0] == '\n')
        (*line)--;
    *after_cr = text.ptr[text.len - 1] == '\r';
}

uint64_t batch_line(struct batch *batch, uint32_t segment, size_t at)
{
    if (batch->line_segment != segment || at < batch->line_at) {
        const struct segment *start = &batch->segments[segment];
        batch->line_segment = segment;
        batch->line_at = start->start;
        batch->line = start->line;
        batch->line_after_cr = start->after_cr;
    }
    count_lines(slice_of(batch->text.data + batch->line_at, at - batch->line_at), &batch->line,
                &batch->line_after_cr);
    batch->line_at = at;
    return batch->line;
}
