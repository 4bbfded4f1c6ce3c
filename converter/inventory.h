/* What there is to read: every file and zip member below the EXPORTs, in reading order
 * (formats/README.md), and what is learned about each of them.
 */
#ifndef CONVERTER_INVENTORY_H
#define CONVERTER_INVENTORY_H

#include "converter/options.h"
#include "converter/progress.h"
#include "converter/outdir.h"
#include "converter/sandbox.h"
#include "formats/base/arena.h"
#include "formats/clever/csv_schema.h"
#include "formats/clever/schema.h"
#include "formats/source/source.h"

#include <sys/stat.h>

enum input_form {
    FORM_UNKNOWN,
    FORM_JSON,
    FORM_CSV,
    FORM_EMPTY,
    FORM_HTML,
    FORM_TEXT, /* neither JSON nor HTML: CSV, or nothing that is known */
    FORM_UTF16,
    FORM_ZIP /* inside a zip */
};

/* One list of a file, in the order of the file. */
struct input_list {
    enum entity self; /* rule 2 */
    enum entity key;  /* rule 3 */
    enum entity holds; /* the first used entity met in it; ENTITY_NONE for none */
    bool unused_key;  /* a list of a combined object under a key that is not used */
    bool envelope;
    bool finished; /* `self` cannot change any more */
    bool last_page;
    struct slice self_link; /* canonical, in the inventory's arena; absent for none */
    struct slice next_link;
    struct slice next_raw; /* as read */
    uint64_t count;        /* elements that are not empty */
};

struct input_empty {
    uint64_t line; /* of the byte that ends the empty element */
    uint32_t list;
};

struct input {
    const char *label;     /* the error file's Source */
    struct slice path;     /* below the EXPORT, for rule 4 and for the order */
    const char *open_path; /* a file; NULL for a spool or a zip member */
    int spool;             /* an unlinked file, or -1 */
    bool stamped;          /* a file: `stamp` is what it was when it was opened first */
    struct stat stamp;
    struct zip_archive *zip;
    struct zip_place place;
    uint64_t size; /* of the file, or of the zip member unpacked; for progress only */

    enum input_form form;
    enum entity path_entity; /* rule 4 */
    enum entity first_entity; /* rule 6; ENTITY_NONE until somebody tells */
    unsigned versions;        /* API versions that its links name, bits of clever_version_of */
    entity_set entities;      /* of its elements, as far as known; unused ones as OTHER */
    bool surveyed;            /* read to its end: all of this is complete */
    bool collected;           /* `lists` and `empties` are complete */
    bool failed_download;     /* has an error answer among its top-level values */
    bool ignored;
    uint64_t *combined; /* which top-level values are combined objects */
    size_t combined_count;
    size_t combined_room;
    bool combined_known;
    struct input_list *lists;
    size_t list_count;
    size_t list_room;
    struct input_empty *empties;
    size_t empty_count;
    size_t empty_room;

    struct clever_csv_header *csv; /* FORM_CSV: its columns, in the inventory's arena */
    uint64_t csv_header_rows;      /* rows up to the header, itself included */
    bool csv_records;              /* has a row that is not blank behind it */

    uint64_t records[ENTITY_COUNT];    /* read, by the entity that the file's elements have */
    uint64_t duplicates[ENTITY_COUNT]; /* duplicate_record */
    uint64_t bytes;                    /* unpacked, as far as read */
};

struct inventory {
    struct input *inputs;
    size_t count;
    size_t nested_zips; /* zips inside zips, which are not looked into */
    struct arena arena;
    /* private */
    size_t room;
    struct zip_archive **zips;
    size_t zip_count;
    size_t zip_room;
    int *spools;
    size_t spool_count;
    size_t spool_room;
    struct found *found; /* files by name, not looked at yet */
    size_t found_count;
    size_t found_room;
};

/* Finds all files of the EXPORTs by name; none is read. False: FAILURE_INPUT; the inventory must
 * be released in any case. */
bool inventory_find(struct inventory *inventory, const struct options *options,
                    struct progress *progress, struct failure *failure);

/* Allows what the rest of the run needs of these files: to read them. */
bool inventory_allow(const struct inventory *inventory, const struct options *options,
                     struct sandbox *sandbox, struct failure *failure);

/* Looks at each file that was found and makes the list of inputs. Standard input is read to its
 * end, into a temporary file. False: a failure. */
bool inventory_open(struct inventory *inventory, const struct options *options,
                    struct outdir *outdir, struct progress *progress, struct failure *failure);
void inventory_release(struct inventory *inventory);

/* Whether every file is still what it was when it was first read, as far as the system tells. To
 * be asked behind the last record. */
bool inventory_unchanged(const struct inventory *inventory, struct failure *failure);

/* Opens an input from its beginning, unpacked. A file that is not what it was when it was opened
 * first is a failure: what was learned of it holds no more. */
struct source *input_open(struct input *input, struct failure *failure);

/* Whether a run with these options uses records of the entity. */
bool entity_used(const struct options *options, enum entity entity);

/* The entity that a list is of: that of its elements, or, where none was met, what its place
 * says (rules 2, 3, 4, 6). */
enum entity list_entity(const struct input *input, const struct input_list *list);

/* Whether it is JSON with at least one record (or unreadable element) of a usable entity. */
bool has_json_records(const struct input *input);

/* Order of paths: digit runs compare as numbers, else bytes (formats/README.md). */
int path_compare(struct slice a, struct slice b);

#endif
