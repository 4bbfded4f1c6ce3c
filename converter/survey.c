#include "converter/survey.h"

#include "converter/sort.h"
#include "converter/survey_csv.h"

#include <stdlib.h>

/* Entities that a conversion can use, whatever the options say. */
static const entity_set USABLE = (1U << ENTITY_OTHER) - 1;

struct survey {
    struct run *run;
    struct batch batch;
    struct clever_scanner *scanner;
    bool complete;
    bool open; /* an element depends on links behind its list */
};

static bool wants(const struct run *run, enum entity entity)
{
    return entity < ENTITY_OTHER && entity_used(run->options, entity);
}

static bool note_elements(struct survey *survey, struct input *input)
{
    struct batch *batch = &survey->batch;
    for (size_t i = 0; i < batch->element_count; i++) {
        const struct element *element = &batch->elements[i];
        struct sorted sorted;
        if (element->unused)
            continue;
        sort_element(survey->run, batch, element, survey->scanner, &batch->arena, &sorted);
        if (sorted.readable)
            input->versions |= clever_element_version(survey->run->schema, &sorted.element,
                                                      &batch->arena);
        survey->open = survey->open || sorted.open;
        input->failed_download = input->failed_download || sorted.failed;
        if (sorted.told && input->first_entity == ENTITY_NONE && !sorted.open)
            input->first_entity = sorted.entity;
        if (sorted.entity != ENTITY_NONE)
            input->entities |= entity_bit(sorted.entity);
        struct input_list *list = element->list ? &input->lists[element->list - 1] : NULL;
        if (list && list->holds == ENTITY_NONE && wants(survey->run, sorted.entity))
            list->holds = sorted.entity;
    }
    return !batch_out_of_memory(batch);
}

/* Whether the rest of the input may be left to the conversion: so far it is of one entity, which
 * this run uses, and nothing in it depends on what comes later. */
static bool settled(const struct survey *survey, const struct input *input)
{
    if (survey->complete || survey->open || input->failed_download ||
        input->first_entity == ENTITY_NONE)
        return false;
    return input->entities == entity_bit(input->first_entity) &&
           wants(survey->run, input->first_entity);
}

static enum reader_result pass(struct survey *survey, size_t index, struct failure *failure)
{
    struct run *run = survey->run;
    struct input *input = &run->inventory.inputs[index];
    input->entities = 0;
    input->first_entity = ENTITY_NONE;
    input->failed_download = false;
    survey->open = false;
    for (size_t i = 0; i < input->list_count; i++)
        input->lists[i].holds = ENTITY_NONE;
    if (!reader_open(&run->reader, index, input->combined_known ? JSON_KNOWN : JSON_AUTO,
                     failure))
        return READER_FAILED;
    enum reader_result result;
    run->reader.batch_bytes = survey->complete ? BATCH_BYTES : GLANCE_BYTES;
    do {
        batch_reset(&survey->batch);
        result = reader_fill(&run->reader, &survey->batch, failure);
        if (result != READER_FAILED && !note_elements(survey, input)) {
            failure_no_memory(failure);
            result = READER_FAILED;
        }
    } while (result == READER_FULL && !settled(survey, input));
    reader_close(&run->reader);
    run->reader.batch_bytes = BATCH_BYTES;
    input->surveyed = result == READER_END;
    return result;
}

static bool has_empty_list(const struct input *input)
{
    for (size_t i = 0; i < input->list_count; i++)
        if (input->lists[i].count == 0 && list_entity(input, &input->lists[i]) < ENTITY_OTHER)
            return true;
    return false;
}

static bool survey_json(struct survey *survey, size_t index, struct failure *failure)
{
    struct input *input = &survey->run->inventory.inputs[index];
    struct failure found = {.kind = FAILURE_NONE};
    enum reader_result result = pass(survey, index, &found);
    if (result == READER_UNSURE) {
        result = reader_find_combined(&survey->run->reader, index, &found);
        if (result == READER_END)
            result = pass(survey, index, &found);
    }
    if (result == READER_END && survey->open)
        result = pass(survey, index, &found);
    if (result == READER_BROKEN && input->path_entity == ENTITY_OTHER &&
        !(input->entities & USABLE)) {
        input->ignored = true;
        input->entities = 0;
        return true;
    }
    if (result == READER_BROKEN || result == READER_FAILED)
        return failure_take(failure, &found);
    bool usable = (input->entities & USABLE) || (input->surveyed && has_empty_list(input));
    if (input->failed_download && (usable || input->path_entity < ENTITY_OTHER))
        return failed_download(input, failure);
    input->ignored = !usable;
    return true;
}

/* A file that is no JSON at all; even one that nobody needs must be whole. */
static bool survey_other(struct survey *survey, size_t index, struct failure *failure)
{
    struct run *run = survey->run;
    struct input *input = &run->inventory.inputs[index];
    bool csv_name = input->path_entity != ENTITY_USER && input->path_entity != ENTITY_COURSE &&
                    input->path_entity != ENTITY_TERM && input->path_entity != ENTITY_OTHER;
    if ((input->form == FORM_TEXT || input->form == FORM_CSV) && csv_name)
        return survey_csv(run, &survey->batch, index, survey->complete, failure);
    input->surveyed = true;
    input->ignored = true;
    if (!reader_drain(&run->reader, index, failure))
        return false;
    if (input->form == FORM_ZIP) {
        run->inventory.nested_zips++;
        return true;
    }
    if (input->path_entity >= ENTITY_OTHER)
        return true;
    static const char *const what[] = {
        [FORM_UNKNOWN] = "is of a kind that is not known; download it again",
        [FORM_JSON] = "is JSON",
        [FORM_CSV] = "is CSV",
        [FORM_EMPTY] = "is empty; download it again",
        [FORM_HTML] = "is a web page (HTML) instead of Clever's data; download it again",
        [FORM_TEXT] = "is neither JSON nor Clever's CSV; download it again",
        [FORM_UTF16] = "is UTF-16 text; save it as UTF-8",
        [FORM_ZIP] = "is a zip; unpack it",
    };
    return failure_set(failure, FAILURE_INPUT, "%s: %s", input->label, what[input->form]);
}

static bool survey_input(struct survey *survey, size_t index, struct failure *failure)
{
    struct run *run = survey->run;
    struct input *input = &run->inventory.inputs[index];
    if (input->surveyed || (input->form != FORM_UNKNOWN && !survey->complete))
        return true;
    if (input->form == FORM_UNKNOWN && !reader_sniff(&run->reader, index, failure))
        return false;
    if (input->form != FORM_JSON)
        return survey_other(survey, index, failure);
    return survey_json(survey, index, failure);
}

bool survey_inputs(struct run *run, bool complete, struct failure *failure)
{
    struct survey survey = {.run = run, .complete = complete};
    survey.scanner = clever_scanner_new(run->schema);
    bool ok = survey.scanner || failure_no_memory(failure);
    uint64_t bytes = 0;
    for (size_t i = 0; i < run->inventory.count; i++)
        bytes += run->inventory.inputs[i].size;
    progress_plan(run->progress, bytes);
    progress_stage(run->progress, "looking at the files");
    for (size_t i = 0; ok && i < run->inventory.count; i++) {
        progress_next(run->progress, run->inventory.inputs[i].size);
        ok = survey_input(&survey, i, failure);
    }
    batch_release(&survey.batch);
    clever_scanner_free(survey.scanner);
    return ok;
}
