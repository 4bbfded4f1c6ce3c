/* What is known of a result: the one that this run makes, or the one that stands in DIR, of which
 * the summary.json there tells. */
#ifndef CONVERTER_RESULT_H
#define CONVERTER_RESULT_H

#include "converter/options.h"
#include "formats/base/arena.h"

#include <time.h>

/* The names of this program's files that stand in DIR, or in each of DIR/1, DIR/2 ... */
struct result_files {
    bool named[2 * SDS_FILES]; /* sds_file, and from SDS_FILES on in lower case */
    uint32_t sets;             /* how many such folders; 0: the files stand in DIR */
};

/* Appends the name that place `index` of result_files stands for. */
void result_put_name(struct buf *out, int index);

/* The same as a path below DIR: in the folder of a set, from 1, or for 0 in DIR itself. */
void result_put_path(struct buf *out, uint32_t set, int index);

/* Whether a path below DIR is one of the files, or the folder of a set. */
bool result_has(const struct result_files *files, struct slice path);

/* How many sets there are in the result that a summary.json (terminated text, or NULL) tells of.
 * False: out of memory. */
bool result_old_sets(const char *json, uint32_t *sets);

/* The options that decide which rows a result has and what their keys are, by their long names;
 * those that are most likely to change all keys come first. */
enum { TELLING_OPTIONS = 13 };
extern const char *const telling_options[TELLING_OPTIONS];

struct result {
    struct result_files files;
    bool known;                           /* the rest is */
    const char *published;                /* when, as in summary.json */
    const char *options[TELLING_OPTIONS]; /* in force then; NULL for none */
    struct arena texts;                   /* holds these */
};

/* The result that a summary.json (terminated text, or NULL) tells of; what it does not tell stays
 * blank. False: out of memory. To be released in any case. */
bool result_read(struct result *result, const char *json);

/* The one that a run with these options makes. `id` is what --id comes to. */
bool result_make(struct result *result, const struct options *options, enum id_choice id,
                 time_t published);

void result_release(struct result *result);

/* Appends what has changed in the options, as in "--id was clever and is now sis", joined by
 * commas. Nothing when that is not known. */
void result_put_differences(struct buf *out, const struct result *past, const struct result *now);

/* "2026-01-31T02:30:00Z"; nothing for a time that has no such form. */
void result_put_time(struct buf *out, time_t time);

#endif
