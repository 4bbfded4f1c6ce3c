/* Profiles (README.md): a JSON object with options that are used again and again. Here they are
 * read and written; what the keys mean is the business of options.c. */
#ifndef CONVERTER_PROFILE_H
#define CONVERTER_PROFILE_H

#include "formats/base/arena.h"
#include "formats/base/buf.h"
#include "formats/base/failure.h"

enum setting_kind {
    SETTING_SWITCH, /* true or false */
    SETTING_TEXT,   /* a string */
    SETTING_NUMBER, /* as its digits are written */
    SETTING_LIST,   /* of strings */
    SETTING_OTHER   /* null, an object, a list with something else in it: never right */
};

/* One key of a profile and its value. */
struct setting {
    const char *name;
    enum setting_kind kind;
    bool on;            /* SETTING_SWITCH */
    const char **texts; /* one, or those of the list; without NUL in them */
    size_t count;
};

/* Takes over one setting. A failure says what is wrong with it; where it stands is put before. */
typedef bool setting_fn(void *context, const struct setting *setting, struct failure *failure);

/* Hands out the settings of the file in its order; they live in `keep`. False with FAILURE_USAGE
 * naming file and line: the file cannot be read, has more than 1 MiB, is not one JSON object, or
 * `take` has refused a setting. One that stands there twice is handed out twice. */
bool profile_read(const char *path, struct arena *keep, setting_fn *take, void *context,
                  struct failure *failure);

/* Appends a profile with these settings, one a line; their texts must be valid UTF-8. False: out
 * of memory. */
bool profile_put(struct buf *out, const struct setting *settings, size_t count);

#endif
