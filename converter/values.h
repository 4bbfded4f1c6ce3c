/* The value rules of formats/README.md: pure functions from a value to a cell. */
#ifndef CONVERTER_VALUES_H
#define CONVERTER_VALUES_H

#include "converter/issue.h"
#include "formats/base/arena.h"
#include "formats/sds/files.h"

/* In characters; a value has at most as many as bytes. */
enum { MAX_PERSON_NAME = 64, MAX_THING_NAME = 256 };

struct judgement {
    struct slice cell;     /* borrows the value, a constant or the arena */
    enum issue_code issue; /* ISSUE_NONE: nothing to say */
};

/* `value` is not blank and has been through text_clean. Out of memory: an absent
 * cell, arena->oom. */
struct judgement value_judge(enum value_kind kind, struct slice value, bool subjects_as_text,
                             struct arena *arena);

/* Whether value_judge would surely return the value as it is and find nothing. */
static inline bool value_is_free(enum value_kind kind, struct slice value)
{
    return kind == VALUE_TEXT ||
           ((kind == VALUE_PERSON_NAME || kind == VALUE_THING_NAME) &&
            value.len <= MAX_PERSON_NAME);
}

/* A date as YYYY-MM-DD in out[10]; false when it is none. */
bool value_date(struct slice value, char out[10]);

/* Whether a School or Section Name has a character that SharePoint refuses (counted only). */
bool value_special_name(struct slice name);

#endif
