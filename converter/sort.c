#include "converter/sort.h"

bool failed_download(const struct input *input, struct failure *failure)
{
    return failure_set(failure, FAILURE_INPUT,
                       "%s: holds an error answer of Clever instead of records; download it again",
                       input->label);
}

static void sort_unreadable(const struct input *input, const struct element *element,
                            const struct entity_hints *hints, struct sorted *sorted)
{
    sorted->entity = clever_hinted(hints);
    sorted->open = element->links_open && hints->self == ENTITY_NONE;
    if (sorted->entity == ENTITY_NONE)
        sorted->entity = input->first_entity;
    if (sorted->entity == ENTITY_ENROLLMENT)
        sorted->entity = ENTITY_OTHER;
}

void sort_element(const struct run *run, const struct batch *batch,
                  const struct element *element, struct clever_scanner *scanner,
                  struct arena *arena, struct sorted *sorted)
{
    const struct input *input =
        &run->inventory.inputs[batch->segments[element->segment].input];
    const struct entity_hints hints = {.self = (enum entity)element->self,
                                       .key = (enum entity)element->key,
                                       .path = input->path_entity,
                                       .top_level = element->list == 0};
    *sorted = (struct sorted){.entity = ENTITY_NONE};
    sorted->readable = clever_scan(scanner, element_text(batch, element),
                                   batch->text.data + batch->text.len, &sorted->element,
                                   &sorted->error);
    if (!sorted->readable) {
        sort_unreadable(input, element, &hints, sorted);
        return;
    }
    if (hints.top_level && clever_is_failed_download(run->schema, &sorted->element)) {
        bool named = input->path_entity < ENTITY_OTHER;
        sorted->failed = named || !clever_has_id(run->schema, &sorted->element);
        sorted->entity = ENTITY_OTHER;
        return;
    }
    bool certain;
    sorted->entity =
        clever_classify(run->schema, &sorted->element, &hints, arena, &certain);
    sorted->told = sorted->entity != ENTITY_NONE;
    sorted->open = !certain && element->links_open && element->self == ENTITY_NONE;
    if (sorted->told)
        return;
    sorted->entity = input->first_entity;
    if (sorted->entity == ENTITY_USER)
        sorted->entity = clever_settle_user(run->schema, &sorted->element);
}
