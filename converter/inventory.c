/* EXPORTs are walked in the order given. A folder's files are collected and sorted by path. When
 * all names are known, and the sandbox is closed, each file is opened for a look at its first
 * bytes: a zip is replaced by its members, in their own order, everything else becomes an
 * input. */
#include "converter/inventory.h"

#include "formats/base/grow.h"
#include "formats/clever/entity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SPOOL_BYTES = 256 * 1024 };

struct walk {
    struct inventory *inventory;
    const struct options *options;
    struct progress *progress;
    struct outdir *outdir; /* where temporary files are made */
    struct failure *failure;
    struct slice folder; /* the EXPORT being walked, for messages */
    struct stat output;  /* of DIR, which is never read */
    bool output_exists;
};

/* A file before it is looked at. */
struct found {
    const char *name;  /* what it is opened by; "-" for standard input */
    struct slice path; /* below the folder; of an EXPORT that is a file, all of it */
    bool stream;       /* can only be read once */
    bool link;
};

bool entity_used(const struct options *options, enum entity entity)
{
    switch (entity) {
    case ENTITY_SCHOOL:
    case ENTITY_TEACHER:
    case ENTITY_STUDENT:
    case ENTITY_USER: return true;
    case ENTITY_COURSE:
    case ENTITY_TERM:
    case ENTITY_SECTION:
    case ENTITY_ENROLLMENT: return !options->users_only;
    case ENTITY_OTHER:
    case ENTITY_NONE: break;
    }
    return false;
}

enum entity list_entity(const struct input *input, const struct input_list *list)
{
    struct entity_hints hints = {
        .self = list->self, .key = list->key, .path = input->path_entity, .top_level = false};
    if (list->holds != ENTITY_NONE)
        return list->holds;
    if (list->unused_key)
        return ENTITY_OTHER;
    enum entity entity = clever_hinted(&hints);
    return entity == ENTITY_NONE ? input->first_entity : entity;
}

bool has_json_records(const struct input *input)
{
    return input->form == FORM_JSON && (input->entities & (entity_bit(ENTITY_OTHER) - 1U));
}

/* Takes a run of digits off both; its numbers' order. */
static int compare_numbers(struct slice *a, struct slice *b)
{
    struct slice *both[2] = {a, b};
    struct slice digits[2];
    for (int i = 0; i < 2; i++) {
        struct slice *s = both[i];
        while (s->len && *s->ptr == '0') {
            s->ptr++;
            s->len--;
        }
        digits[i] = *s;
        while (s->len && ascii_digit(*s->ptr)) {
            s->ptr++;
            s->len--;
        }
        digits[i].len -= s->len;
    }
    if (digits[0].len != digits[1].len)
        return digits[0].len < digits[1].len ? -1 : 1;
    return digits[0].len ? memcmp(digits[0].ptr, digits[1].ptr, digits[0].len) : 0;
}

int path_compare(struct slice a, struct slice b)
{
    struct slice x = a;
    struct slice y = b;
    while (x.len && y.len) {
        if (ascii_digit(*x.ptr) && ascii_digit(*y.ptr)) {
            int order = compare_numbers(&x, &y);
            if (order)
                return order;
            continue;
        }
        if (*x.ptr != *y.ptr)
            return (unsigned char)*x.ptr < (unsigned char)*y.ptr ? -1 : 1;
        x.ptr++;
        x.len--;
        y.ptr++;
        y.len--;
    }
    if (x.len != y.len)
        return x.len < y.len ? -1 : 1;
    /* "page1" and "page01": equal as numbers, told apart by their bytes. */
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_found(const void *a, const void *b)
{
    return path_compare(((const struct found *)a)->path, ((const struct found *)b)->path);
}

/* A zip may have two members of one name: they keep their order. */
static int compare_inputs(const void *a, const void *b)
{
    const struct input *x = a;
    const struct input *y = b;
    int order = path_compare(x->path, y->path);
    return order ? order
                 : (x->place.number > y->place.number) - (x->place.number < y->place.number);
}

/* Whether a part of the path says that it is not meant (formats/README.md). */
static bool hidden(struct slice path)
{
    while (path.len) {
        size_t len = slice_find(path, '/');
        struct slice part = slice_of(path.ptr, len);
        bool dots = slice_is(part, ".") || slice_is(part, "..");
        if ((part.len && part.ptr[0] == '.' && !dots) || slice_is(part, "__MACOSX"))
            return true;
        size_t used = len < path.len ? len + 1 : len;
        path.ptr += used;
        path.len -= used;
    }
    return false;
}

/* a + between + b as a terminated string in the arena. */
static const char *joined(struct arena *arena, struct slice a, const char *between, struct slice b)
{
    size_t gap = strlen(between);
    char *text = arena_bytes(arena, a.len + gap + b.len + 1);
    if (!text)
        return NULL;
    if (a.len)
        memcpy(text, a.ptr, a.len);
    memcpy(text + a.len, between, gap);
    if (b.len)
        memcpy(text + a.len + gap, b.ptr, b.len);
    text[a.len + gap + b.len] = '\0';
    return text;
}

static struct input *add_input(struct walk *walk, const char *label, struct slice path)
{
    struct inventory *inventory = walk->inventory;
    struct input *inputs = grow_by_one(inventory->inputs, inventory->count, &inventory->room,
                                       sizeof *inventory->inputs);
    if (inputs)
        inventory->inputs = inputs;
    if (!label || !path.ptr || !inputs) {
        failure_no_memory(walk->failure);
        return NULL;
    }
    struct input *input = &inventory->inputs[inventory->count++];
    *input = (struct input){.label = label,
                            .path = path,
                            .spool = -1,
                            .path_entity = entity_of_path(path),
                            .first_entity = ENTITY_NONE};
    return input;
}

/* ---- temporary files ---- */

static bool write_all(int fd, const char *bytes, size_t len, struct failure *failure)
{
    while (len > 0) {
        ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return failure_set(failure, FAILURE_OUTPUT,
                               "a temporary file cannot be written (%s); make room, or choose "
                               "another output folder",
                               strerror(errno));
        bytes += done;
        len -= (size_t)done;
    }
    return true;
}

static bool over_limit(struct walk *walk, const char *label)
{
    return failure_set(walk->failure, FAILURE_INPUT,
                       "%s: has more than the %llu bytes of --max-bytes; raise it if the export "
                       "is that large",
                       label, (unsigned long long)walk->options->max_bytes);
}

/* Reads `source` (taken) to its end into an unlinked file, which the inventory owns; -1 with a
 * failure. */
static int spool(struct walk *walk, struct source *source, const char *label)
{
    struct inventory *inventory = walk->inventory;
    char *bytes = malloc(SPOOL_BYTES);
    int *spools = grow_by_one(inventory->spools, inventory->spool_count, &inventory->spool_room,
                              sizeof *spools);
    if (spools)
        inventory->spools = spools;
    int fd = bytes && spools ? outdir_temporary(walk->outdir, walk->failure) : -1;
    if (fd >= 0)
        inventory->spools[inventory->spool_count++] = fd;
    else
        failure_no_memory(walk->failure); /* unless outdir_temporary has said more */
    uint64_t total = 0;
    bool ok = fd >= 0;
    while (ok) {
        ssize_t got = source_read(source, bytes, SPOOL_BYTES, walk->failure);
        if (got <= 0) {
            ok = got == 0;
            break;
        }
        total += (uint64_t)got;
        progress_read(walk->progress, total);
        if (total > walk->options->max_bytes)
            ok = over_limit(walk, label);
        else
            ok = write_all(fd, bytes, (size_t)got, walk->failure);
    }
    free(bytes);
    source_free(source);
    return ok ? fd : -1;
}

/* ---- zips ---- */

struct members {
    struct walk *walk;
    struct zip_archive *zip;
    const char *label;
    uint64_t promised; /* the bytes of all members, at most max_bytes */
};

static bool add_member(void *context, const struct zip_member *member)
{
    struct members *members = context;
    struct walk *walk = members->walk;
    struct arena *arena = &walk->inventory->arena;
    struct slice name = slice_from(member->name);
    if (member->folder || member->special || hidden(name))
        return true;
    const char *label = joined(arena, slice_from(members->label), "!", name);
    struct input *input = add_input(walk, label, arena_copy(arena, name));
    if (!input)
        return false;
    if (member->encrypted)
        return failure_set(walk->failure, FAILURE_INPUT,
                           "%s: is encrypted; make the zip again without a password", label);
    if (member->size > walk->options->max_bytes - members->promised)
        return over_limit(walk, label);
    members->promised += member->size;
    input->zip = members->zip;
    input->place = member->place;
    input->size = member->size;
    return true;
}

/* Adds the members of the zip in `fd` (taken). */
static bool add_zip(struct walk *walk, int fd, const char *label)
{
    struct inventory *inventory = walk->inventory;
    struct zip_archive **zips = grow_by_one(inventory->zips, inventory->zip_count,
                                            &inventory->zip_room, sizeof(struct zip_archive *));
    if (!zips) {
        (void)close(fd);
        return failure_no_memory(walk->failure);
    }
    inventory->zips = zips;
    struct zip_archive *zip = zip_open(fd, label, walk->failure);
    if (!zip)
        return false;
    zips[inventory->zip_count++] = zip;
    struct members members = {walk, zip, label, 0};
    size_t first = inventory->count;
    if (!zip_list(zip, add_member, &members, walk->failure))
        return false;
    if (inventory->count > first)
        qsort(inventory->inputs + first, inventory->count - first, sizeof *inventory->inputs,
              compare_inputs);
    return true;
}

/* ---- files ---- */

static bool is_zip(const unsigned char *bytes, size_t len)
{
    static const unsigned char marks[][4] = {{'P', 'K', 3, 4}, {'P', 'K', 5, 6}, {'P', 'K', 7, 8}};
    for (size_t i = 0; i < 3; i++)
        if (len >= 4 && memcmp(bytes, marks[i], 4) == 0)
            return true;
    return false;
}

/* The first bytes of a stream, fewer than 4 only at its end. `source` is taken. */
static ssize_t first_bytes(struct source *source, unsigned char *bytes, struct failure *failure)
{
    size_t len = 0;
    ssize_t got = source ? 1 : -1;
    while (source && len < 4 && got > 0) {
        got = source_read(source, bytes + len, 4 - len, failure);
        len += got > 0 ? (size_t)got : 0;
    }
    source_free(source);
    return got < 0 ? -1 : (ssize_t)len;
}

static int duplicate(int fd, const char *label, struct failure *failure)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0 || lseek(copy, 0, SEEK_SET) != 0) {
        if (copy >= 0)
            (void)close(copy);
        failure_set(failure, FAILURE_INPUT, "%s: cannot be read: %s", label, strerror(errno));
        return -1;
    }
    return copy;
}

/* A stream over an open file from its start; the file stays open. */
static struct source *stream(int fd, const char *label, struct failure *failure)
{
    int copy = duplicate(fd, label, failure);
    return copy < 0 ? NULL : source_from_fd(copy, label, failure);
}

static struct source *unpacked(int fd, const char *label, struct failure *failure)
{
    struct source *packed = stream(fd, label, failure);
    return packed ? source_gunzip(packed, failure) : NULL;
}

/* Adds the members of a zip (not taken), which may be gzipped itself. */
static bool add_packed(struct walk *walk, int fd, const char *label, bool gzip)
{
    int zip = fd;
    if (gzip) {
        struct source *inside = unpacked(fd, label, walk->failure);
        zip = inside ? spool(walk, inside, label) : -1;
    }
    int copy = zip < 0 ? -1 : duplicate(zip, label, walk->failure);
    return copy >= 0 && add_zip(walk, copy, label);
}

/* Looks at an open regular file (not taken) and adds it, or what it holds. `open_path` NULL: a
 * spool, which has no name. */
static bool add_open_file(struct walk *walk, int fd, const char *label, struct slice path,
                          const char *open_path)
{
    unsigned char bytes[4];
    struct source *raw = stream(fd, label, walk->failure);
    ssize_t len = first_bytes(raw, bytes, walk->failure);
    bool gzip = len >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;
    if (gzip)
        len = first_bytes(unpacked(fd, label, walk->failure), bytes, walk->failure);
    if (len < 0)
        return false;
    if (is_zip(bytes, (size_t)len))
        return add_packed(walk, fd, label, gzip);
    struct input *input = add_input(walk, label, path);
    if (!input)
        return false;
    input->open_path = open_path;
    input->spool = open_path ? -1 : fd;
    input->stamped = fstat(fd, &input->stamp) == 0;
    input->size = input->stamped ? (uint64_t)input->stamp.st_size : 0;
    return true;
}

static bool cannot_open(struct walk *walk, const char *label)
{
    return failure_set(walk->failure, FAILURE_INPUT, "%s: cannot be opened: %s", label,
                       strerror(errno));
}

static bool add_stream(struct walk *walk, const struct found *found)
{
    progress_stage(walk->progress, "taking in the stream");
    const char *label = found->name;
    int fd = strcmp(label, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : open(label, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return cannot_open(walk, label);
    struct source *source = source_from_fd(fd, label, walk->failure);
    int file = source ? spool(walk, source, label) : -1;
    return file >= 0 && add_open_file(walk, file, label, slice_from(label), NULL);
}

/* Opens what was a regular file when it was looked at. Should it have become a pipe meanwhile,
 * nobody waits for a writer. */
static int open_regular(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)))
        return fd;
    (void)close(fd);
    errno = ENXIO;
    return -1;
}

static bool add_file(struct walk *walk, const struct found *found)
{
    int fd = open_regular(found->name);
    if (fd < 0)
        return cannot_open(walk, found->name);
    bool ok = add_open_file(walk, fd, found->name, found->path, found->name);
    (void)close(fd);
    return ok;
}

/* ---- names ---- */

static bool note_found(struct walk *walk, struct found file)
{
    struct inventory *inventory = walk->inventory;
    struct found *found = grow_by_one(inventory->found, inventory->found_count,
                                      &inventory->found_room, sizeof *found);
    if (!found)
        return failure_no_memory(walk->failure);
    inventory->found = found;
    found[inventory->found_count++] = file;
    return true;
}

/* The same for a path below an EXPORT, absent for itself. */
static bool cannot_open_below(struct walk *walk, struct slice path)
{
    int error = errno;
    const char *full = joined(&walk->inventory->arena, walk->folder, path.len ? "/" : "", path);
    errno = error;
    return cannot_open(walk, full ? full : "a file below EXPORT");
}

static bool collect(struct walk *walk, int folder, struct slice above);

/* One entry of a folder: a file is noted, a folder walked; everything else is left alone.
 * NOLINTNEXTLINE(misc-no-recursion) */
static bool collect_entry(struct walk *walk, int folder, struct slice path, const char *name)
{
    struct stat info;
    struct stat target;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return cannot_open_below(walk, path);
    if (S_ISDIR(info.st_mode)) {
        bool output = walk->output_exists && info.st_dev == walk->output.st_dev &&
                      info.st_ino == walk->output.st_ino;
        if (output)
            return true;
        int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        return below < 0 ? cannot_open_below(walk, path) : collect(walk, below, path);
    }
    bool link =
        S_ISLNK(info.st_mode) && fstatat(folder, name, &target, 0) == 0 && S_ISREG(target.st_mode);
    if (!S_ISREG(info.st_mode) && !link)
        return true;
    return note_found(walk, (struct found){.path = path, .link = link});
}

/* Collects the files below an open folder (taken). The depth is bounded by the longest path the
 * system can open. NOLINTNEXTLINE(misc-no-recursion) */
static bool collect(struct walk *walk, int folder, struct slice above)
{
    DIR *dir = fdopendir(folder);
    if (!dir) {
        (void)close(folder);
        return cannot_open_below(walk, above);
    }
    bool ok = true;
    while (ok) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            ok = errno == 0 || cannot_open_below(walk, above);
            break;
        }
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "__MACOSX") == 0)
            continue;
        const char *path =
            joined(&walk->inventory->arena, above, above.len ? "/" : "", slice_from(entry->d_name));
        ok = path ? collect_entry(walk, folder, slice_from(path), entry->d_name)
                  : failure_no_memory(walk->failure);
    }
    (void)closedir(dir);
    return ok;
}

static bool find_in_folder(struct walk *walk, const char *export, struct slice label)
{
    struct inventory *inventory = walk->inventory;
    size_t first = inventory->found_count;
    int folder = open(export, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    walk->folder = label;
    if (folder < 0)
        return cannot_open(walk, export);
    if (!collect(walk, folder, SLICE_ABSENT))
        return false;
    if (inventory->found_count > first)
        qsort(inventory->found + first, inventory->found_count - first, sizeof *inventory->found,
              compare_found);
    for (size_t i = first; i < inventory->found_count; i++) {
        struct found *found = &inventory->found[i];
        found->name = joined(&inventory->arena, label, "/", found->path);
        if (!found->name)
            return failure_no_memory(walk->failure);
    }
    return true;
}

/* EXPORT as given without a trailing slash; a lone "/" becomes nothing, so that "/" + path is
 * right. */
static struct slice export_label(const char *export)
{
    struct slice label = slice_from(export);
    while (label.len && label.ptr[label.len - 1] == '/')
        label.len--;
    return label;
}

static bool find_export(struct walk *walk, const char *export)
{
    struct stat info;
    struct slice label = export_label(export);
    struct found file = {.name = export, .path = label};
    if (strcmp(export, "-") == 0) {
        file.stream = true;
        return note_found(walk, file);
    }
    if (stat(export, &info) != 0)
        return cannot_open(walk, export);
    if (S_ISDIR(info.st_mode))
        return find_in_folder(walk, export, label);
    file.stream = S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode);
    if (!file.stream && !S_ISREG(info.st_mode))
        return failure_set(walk->failure, FAILURE_INPUT,
                           "%s: is neither a folder nor a file; give one of these", export);
    return note_found(walk, file);
}

bool inventory_find(struct inventory *inventory, const struct options *options,
                    struct progress *progress, struct failure *failure)
{
    *inventory = (struct inventory){.count = 0};
    struct walk walk = {
        .inventory = inventory, .options = options, .progress = progress, .failure = failure};
    progress_stage(progress, "finding the files");
    walk.output_exists = stat(options->output, &walk.output) == 0;
    for (size_t i = 0; i < options->export_count; i++)
        if (!find_export(&walk, options->exports[i]))
            return false;
    return true;
}

bool inventory_allow(const struct inventory *inventory, const struct options *options,
                     struct sandbox *sandbox, struct failure *failure)
{
    for (size_t i = 0; i < options->export_count; i++)
        if (strcmp(options->exports[i], "-") != 0 &&
            !sandbox_allow(sandbox, options->exports[i], SANDBOX_READ, failure))
            return false;
    /* A link may lead out of its EXPORT. */
    for (size_t i = 0; i < inventory->found_count; i++)
        if (inventory->found[i].link &&
            !sandbox_allow(sandbox, inventory->found[i].name, SANDBOX_READ, failure))
            return false;
    return true;
}

bool inventory_open(struct inventory *inventory, const struct options *options,
                    struct outdir *outdir, struct progress *progress, struct failure *failure)
{
    struct walk walk = {.inventory = inventory,
                        .options = options,
                        .outdir = outdir,
                        .progress = progress,
                        .failure = failure};
    for (size_t i = 0; i < inventory->found_count; i++) {
        const struct found *found = &inventory->found[i];
        if (!(found->stream ? add_stream(&walk, found) : add_file(&walk, found)))
            return false;
    }
    free(inventory->found);
    inventory->found = NULL;
    inventory->found_count = inventory->found_room = 0;
    return true;
}

static bool same_stamp(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool was_changed(const struct input *input, struct failure *failure)
{
    return failure_set(failure, FAILURE_INPUT,
                       "%s: was changed while it was being read; run again when the export is "
                       "complete",
                       input->label);
}

/* Whether an open file is the one it was before, as far as the system tells. */
static bool as_before(struct input *input, int fd, struct failure *failure)
{
    struct stat now;
    if (fstat(fd, &now) != 0)
        return failure_set(failure, FAILURE_INPUT, "%s: cannot be read: %s", input->label,
                           strerror(errno));
    bool same = !input->stamped || same_stamp(&now, &input->stamp);
    input->stamped = true;
    input->stamp = now;
    return same || was_changed(input, failure);
}

bool inventory_unchanged(const struct inventory *inventory, struct failure *failure)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const struct input *input = &inventory->inputs[i];
        struct stat now;
        if (input->stamped && input->open_path &&
            (stat(input->open_path, &now) != 0 || !same_stamp(&now, &input->stamp)))
            return was_changed(input, failure);
    }
    return true;
}

static struct source *open_file(struct input *input, struct failure *failure)
{
    int fd = open_regular(input->open_path);
    /* It could be opened before; another file in its place is none that the sandbox allows. */
    if (fd < 0 && (errno == EACCES || errno == ENOENT)) {
        was_changed(input, failure);
        return NULL;
    }
    if (fd < 0) {
        failure_set(failure, FAILURE_INPUT, "%s: cannot be opened: %s", input->label,
                    strerror(errno));
        return NULL;
    }
    if (!as_before(input, fd, failure)) {
        (void)close(fd);
        return NULL;
    }
    return source_from_fd(fd, input->label, failure);
}

struct source *input_open(struct input *input, struct failure *failure)
{
    struct source *source = NULL;
    if (input->zip) {
        source = source_from_zip(input->zip, input->place, input->label, failure);
    } else if (input->spool >= 0) {
        source = stream(input->spool, input->label, failure);
    } else {
        source = open_file(input, failure);
    }
    return source ? source_sniffed(source, failure) : NULL;
}

void inventory_release(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++) {
        free(inventory->inputs[i].combined);
        free(inventory->inputs[i].lists);
        free(inventory->inputs[i].empties);
    }
    for (size_t i = 0; i < inventory->zip_count; i++)
        zip_free(inventory->zips[i]);
    for (size_t i = 0; i < inventory->spool_count; i++)
        (void)close(inventory->spools[i]);
    free(inventory->found);
    free(inventory->inputs);
    free(inventory->zips);
    free(inventory->spools);
    arena_release(&inventory->arena);
    *inventory = (struct inventory){.count = 0};
}
