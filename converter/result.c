#include "converter/result.h"

#include "converter/errors_csv.h"
#include "formats/base/utf8.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

enum { MAX_SHOWN = 60 };

const char *const telling_options[TELLING_OPTIONS] = {
    "id",    "teacher-id",     "multi-school",   "columns",       "with",  "without", "sync",
    "match", "match-students", "match-teachers", "username-from", "treat", "encoding"};

void result_put_name(struct buf *out, int index)
{
    struct options options = {.lowercase_names = index >= SDS_FILES};
    put_file_name(out, &options, (enum sds_file)(index % SDS_FILES));
}

void result_put_path(struct buf *out, uint32_t set, int index)
{
    if (set)
        buf_printf(out, "%u/", set);
    result_put_name(out, index);
}

/* The same without memory, which must not decide what is ours. */
static bool is_result_name(int index, struct slice name)
{
    struct slice stem = slice_from(sds_formats[index % SDS_FILES].name);
    struct slice end = SLICE_LITERAL(".csv");
    if (name.len != stem.len + end.len || memcmp(name.ptr + stem.len, end.ptr, end.len) != 0)
        return false;
    for (size_t i = 0; i < stem.len; i++)
        if (name.ptr[i] != (index < SDS_FILES ? stem.ptr[i] : ascii_lower(stem.ptr[i])))
            return false;
    return true;
}

/* The place of a name in result_files, -1 for none. */
static int place_of(struct slice name)
{
    for (int i = 0; i < 2 * SDS_FILES; i++)
        if (is_result_name(i, name))
            return i;
    return -1;
}

/* Takes the folder of a set off a path: "3/School.csv", "3". Its number, 0 when there is none. */
static uint32_t take_set(struct slice *path)
{
    uint64_t number = 0;
    size_t at = 0;
    while (at < path->len && ascii_digit(path->ptr[at]) && number < UINT32_MAX)
        number = number * 10 + (uint64_t)(path->ptr[at++] - '0');
    bool folder = at > 0 && path->ptr[0] != '0' && number <= UINT32_MAX &&
                  (at == path->len || path->ptr[at] == '/');
    if (!folder)
        return 0;
    size_t behind = at < path->len ? at + 1 : at;
    *path = slice_of(path->ptr + behind, path->len - behind);
    return (uint32_t)number;
}

bool result_has(const struct result_files *files, struct slice path)
{
    struct slice name = path;
    uint32_t set = take_set(&name);
    if (set > files->sets || (set == 0) != (files->sets == 0))
        return false;
    int place = place_of(name);
    return (set > 0 && name.len == 0) || (place >= 0 && files->named[place]);
}

/* A copy, NULL for NULL; out of memory is noted in the arena. */
static const char *copy_of(struct result *result, const char *text)
{
    return text ? arena_copy(&result->texts, slice_of(text, strlen(text) + 1)).ptr : NULL;
}

static void read_files(struct result_files *files, const cJSON *document)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(document, "files"))
    {
        const char *path = cJSON_GetStringValue(item);
        struct slice name = slice_from(path);
        uint32_t set = take_set(&name);
        int place = path ? place_of(name) : -1;
        /* Sets are in order; whoever has changed that is not followed. */
        if (place < 0 || (set != files->sets && set != files->sets + 1))
            continue;
        files->named[place] = true;
        files->sets = set;
    }
}

/* NULL also for what is no JSON; false: out of memory, of which cJSON does not tell. */
static bool parse(const char *json, cJSON **document)
{
    errno = 0;
    *document = json ? cJSON_Parse(json) : NULL;
    return *document || errno != ENOMEM;
}

bool result_old_sets(const char *json, uint32_t *sets)
{
    struct result_files files = {.sets = 0};
    cJSON *document;
    bool ok = parse(json, &document);
    read_files(&files, document);
    cJSON_Delete(document);
    *sets = files.sets;
    return ok;
}

/* Whether it is a time as this program writes it. */
static bool time_shaped(const char *text)
{
    static const char shape[] = "0000-00-00T00:00:00Z";
    if (!text || strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; shape[i]; i++)
        if (shape[i] == '0' ? !ascii_digit(text[i]) : text[i] != shape[i])
            return false;
    return true;
}

static bool read_facts(struct result *result, const cJSON *facts)
{
    const char *published =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(facts, "published"));
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(facts, "options");
    if (!time_shaped(published) || !cJSON_IsObject(options))
        return true;
    result->known = true;
    result->published = copy_of(result, published);
    for (int i = 0; i < TELLING_OPTIONS; i++)
        result->options[i] =
            copy_of(result, cJSON_GetStringValue(
                                cJSON_GetObjectItemCaseSensitive(options, telling_options[i])));
    return !result->texts.oom;
}

bool result_read(struct result *result, const char *json)
{
    *result = (struct result){.known = false};
    cJSON *document;
    bool ok = parse(json, &document);
    read_files(&result->files, document);
    ok = ok && read_facts(result, cJSON_GetObjectItemCaseSensitive(document, "result"));
    cJSON_Delete(document);
    return ok;
}

static void note_option(void *context, const char *name, const char *value)
{
    struct result *result = context;
    for (int i = 0; i < TELLING_OPTIONS; i++)
        if (strcmp(name, telling_options[i]) == 0)
            result->options[i] = copy_of(result, value);
}

bool result_make(struct result *result, const struct options *options, enum id_choice id,
                 time_t published)
{
    struct options in_force = *options;
    struct buf text = {0};
    in_force.id = (int)id;
    *result = (struct result){.known = true};
    bool told = options_each(&in_force, note_option, result);
    result_put_time(&text, published);
    result->published = copy_of(result, text.len ? buf_text(&text) : NULL);
    bool failed = !told || result->texts.oom || text.oom;
    buf_release(&text);
    return !failed;
}

void result_release(struct result *result)
{
    arena_release(&result->texts);
    *result = (struct result){.known = false};
}

static void put_value(struct buf *out, const char *value)
{
    utf8_put_visible(out, slice_from(value ? value : "not given"), MAX_SHOWN);
}

void result_put_differences(struct buf *out, const struct result *past, const struct result *now)
{
    size_t start = out->len;
    for (int i = 0; past->known && i < TELLING_OPTIONS; i++) {
        struct slice was = slice_from(past->options[i]);
        struct slice is = slice_from(now->options[i]);
        if (slice_equal(was, is))
            continue;
        buf_printf(out, "%s--%s was ", out->len > start ? ", " : "", telling_options[i]);
        put_value(out, past->options[i]);
        buf_put_text(out, " and is now ");
        put_value(out, now->options[i]);
    }
}

void result_put_time(struct buf *out, time_t time)
{
    char text[32];
    struct tm parts;
    if (gmtime_r(&time, &parts) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts))
        buf_put_text(out, text);
}
